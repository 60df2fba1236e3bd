"""What a text may use: processor time and memory. For the main thread of a process that does nothing else."""

import gc
import resource
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from services.notifications.texts.faults import TimeUp

_Made = TypeVar("_Made")

#: Whole seconds after the limit of a text: C code that does not come back is ended by the kernel.
GRACE = 2


class Watch:
    """Stops what takes too long, by the processor's clock: a machine that stands still is no text's fault."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._watching = False
        signal.signal(signal.SIGPROF, self._time_up)

    def limited(self, work: Callable[[], _Made]) -> _Made:
        """Return what the work makes. Raises `TimeUp` within it, and again if it goes on all the same."""
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time() + self.seconds) + 1 + GRACE, hard))
        self._watching = True
        signal.setitimer(signal.ITIMER_PROF, self.seconds, self.seconds / 4)
        try:
            return work()
        finally:
            self._watching = False
            signal.setitimer(signal.ITIMER_PROF, 0)

    def _time_up(self, *_: object) -> None:
        if self._watching:
            raise TimeUp


def limit_memory(room: int) -> None:
    """Let the process have so many bytes beyond what it has now; asking for more is a `MemoryError`."""
    gc.collect()
    gc.freeze()
    size = Path("/proc/self/statm")
    if size.exists():
        has = int(size.read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (has + room, has + room))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
