"""What processes cost: seconds of processor time, bytes of memory; and how busy the whole machine is."""

from collections.abc import Mapping
from pathlib import Path

import psutil

MIB = 1 << 20
#: A child that holds less is no process of Python.
SMALL = 8 * MIB


class CpuMeter:
    """Seconds of processor time (user and system) used since the meter was made.

    Counts for each process its living children as well: the workers of a web server, a renderer of texts.
    """

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._processes = {name: psutil.Process(pid) for name, pid in pids.items()}
        self._before = self._used()

    def seconds(self) -> dict[str, float]:
        """Return what each process has used, by name."""
        return {name: used - self._before[name] for name, used in self._used().items()}

    def _used(self) -> dict[str, float]:
        return {name: sum(map(_seconds, _family(process))) for name, process in self._processes.items()}


class BusyCores:
    """How many of the machine's cores are busy on average, with whatever, since this was made."""

    def __init__(self) -> None:
        self._before = _machine()

    def number(self) -> float:
        """Return the number, up to that of the cores."""
        (idle_before, all_before), (idle, all_now) = self._before, _machine()
        cores = psutil.cpu_count() or 1
        return cores * (1 - (idle - idle_before) / max(all_now - all_before, 1e-9))


def memory(pids: Mapping[str, int]) -> dict[str, dict[str, float]]:
    """Return for each process the memory that it holds now and the most that it ever held, in MiB.

    Children of a process follow it, numbered: `web`, `web 2`, `web 3`.
    """
    held = {}
    for name, pid in pids.items():
        parent, *children = _family(psutil.Process(pid))
        large = [parent, *(child for child in children if child.memory_info().rss >= SMALL)]
        for number, process in enumerate(large, 1):
            label = name if number == 1 else f"{name} {number}"
            rss = process.memory_info().rss / MIB
            held[label] = {"rss": round(rss, 1), "peak": round(_peak(process.pid), 1)}
    return held


def _family(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def _seconds(process: psutil.Process) -> float:
    try:
        used = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return used.user + used.system


def _machine() -> tuple[float, float]:
    times = psutil.cpu_times()
    # What guests use stands in `user` already.
    everything = sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
    return times.idle + getattr(times, "iowait", 0.0), everything


def _peak(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except FileNotFoundError:  # only Linux tells
        return 0.0
    kibibytes = next(line.split()[1] for line in lines if line.startswith("VmHWM:"))
    return int(kibibytes) / 1024
