"""What processes cost: seconds of processor time, bytes of memory."""

from collections.abc import Mapping
from pathlib import Path

import psutil

MIB = 1 << 20


class CpuMeter:
    """Seconds of processor time (user and system) that each process has used since the meter was made."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._processes = {name: psutil.Process(pid) for name, pid in pids.items()}
        self._before = self._used()

    def seconds(self) -> dict[str, float]:
        """Return what each process has used, by name."""
        return {name: used - self._before[name] for name, used in self._used().items()}

    def _used(self) -> dict[str, float]:
        times = {name: process.cpu_times() for name, process in self._processes.items()}
        return {name: used.user + used.system for name, used in times.items()}


def memory(pids: Mapping[str, int]) -> dict[str, dict[str, float]]:
    """Return for each process the memory that it holds now and the most that it ever held, in MiB."""
    return {
        name: {"rss": round(psutil.Process(pid).memory_info().rss / MIB, 1), "peak": round(_peak(pid), 1)}
        for name, pid in pids.items()
    }


def _peak(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except FileNotFoundError:  # only Linux tells
        return 0.0
    kibibytes = next(line.split()[1] for line in lines if line.startswith("VmHWM:"))
    return int(kibibytes) / 1024
