"""A child process that logs to a file and never outlives its parent."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psutil

from wafa.stack.errors import StackError

PR_SET_PDEATHSIG = 1

# The kernel sends the death signal when the *thread* that forked ends, so all children come from one
# thread that lives as long as the process.
_spawner = ThreadPoolExecutor(1, thread_name_prefix="spawner")
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Identity:
    """Which process, even after its number was given to another: a pid and a start time (epoch seconds)."""

    name: str
    pid: int
    created: float

    def find(self) -> psutil.Process | None:
        """Return the process if it is still this one and not dead."""
        try:
            process = psutil.Process(self.pid)
            if abs(process.create_time() - self.created) > 1 or process.status() == psutil.STATUS_ZOMBIE:
                return None
        except psutil.NoSuchProcess:
            return None
        return process


class Process:
    """A running child. It is killed by the kernel when this process dies, however it dies (Linux)."""

    def __init__(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], folder: Path, log: Path
    ):
        """Start `command` in `folder`, with standard output and error appended to `log`."""
        self.name = name
        self._log = log
        try:
            self._child = _spawner.submit(_spawn, command, environment, folder, log).result()
        except OSError as error:
            raise StackError(f"{name} cannot be started: {error}") from error
        self.identity = Identity(name, self._child.pid, _created(self._child.pid))

    @property
    def alive(self) -> bool:
        """Tell whether it still runs."""
        return self._child.poll() is None

    def end(self, grace: float) -> None:
        """Ask it to stop, wait `grace` seconds, then kill it; return when it is gone."""
        self._child.terminate()
        try:
            self._child.wait(grace)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Kill it at once; return when it is gone."""
        self._child.kill()
        self._child.wait()

    def last_words(self, lines: int = 15) -> str:
        """Return how it ended, if it did, and the end of its log."""
        how = "" if self.alive else f" (exit code {self._child.returncode})"
        tail = self._log.read_text("utf-8", "replace").splitlines()[-lines:]
        return "\n".join([f"{self.name}{how}, last lines of {self._log}:", *(f"  {line}" for line in tail)])


def _spawn(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, log: Path
) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for the parent, which then stops its children in order
            preexec_fn=_die_with(os.getpid()) if sys.platform == "linux" else None,
        )


def _die_with(parent: int) -> Callable[[], None]:
    def in_child() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return in_child


def _created(pid: int) -> float:
    try:
        return psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return 0.0
