"""How often somebody has asked within the last minute, counted by all processes of the front door together.

The figures lie in memory that the processes share, in a table of a fixed size: nobody can make it grow.
They are those of a sliding window: what was asked in the minute before counts for the part of it that is
less than a minute ago.
"""

import fcntl
import math
import mmap
import struct
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from typing import NamedTuple

WINDOW = 60
SLOTS = 16_384
#: Places in the table that are looked at for one name.
PROBES = 8

#: Who (8 bytes of a hash), the minute, how often in the one before it, how often in it.
_SLOT = struct.Struct("<QIII")


class Count(NamedTuple):
    """Whether one more was let pass, how many are left, and the seconds until there are more."""

    passes: bool
    left: int
    seconds: int


class Tally:
    """The table. Make it before the processes are forked; `clock` returns seconds of the epoch."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._table = mmap.mmap(-1, SLOTS * _SLOT.size)
        # What locks it among processes. The lock of one that dies is taken from it.
        self._file = tempfile.TemporaryFile()  # noqa: SIM115
        self._threads = threading.Lock()

    def take(self, who: str, limit: int) -> Count:
        """Count one more for `who` if the limit (per minute) lets it pass."""
        name = int.from_bytes(blake2b(who.encode(), digest_size=8).digest(), "little")
        now = self._clock()
        minute, part = divmod(now / WINDOW, 1)
        with self._locked():
            offset, before, current = self._find(name, int(minute))
            passes = math.floor(before * (1 - part)) + current + 1 <= limit
            if passes:
                current += 1
                _SLOT.pack_into(self._table, offset, name, int(minute), before, current)
        left = max(limit - math.floor(before * (1 - part)) - current, 0)
        wait = 1 - part if passes else _until_one_passes(before, current, part, limit)
        # Floats: a wait of 40 s may come out as 39.999...
        return Count(passes, left, math.floor(wait * WINDOW + 1e-3) + 1)

    def close(self) -> None:
        """Give the memory back."""
        self._table.close()
        self._file.close()

    def _find(self, name: int, minute: int) -> tuple[int, int, int]:
        """Return the place of a name, and its figures; it takes that of the one who asked least of late."""
        free, least = 0, (math.inf, math.inf)
        for probe in range(PROBES):
            offset = (name + probe) % SLOTS * _SLOT.size
            owner, its_minute, before, current = _SLOT.unpack_from(self._table, offset)
            if owner == name:
                return offset, *_moved(its_minute, before, current, minute)
            busy = (its_minute, current)
            if busy < least:
                free, least = offset, busy
        return free, 0, 0

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._threads:
            fcntl.lockf(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN)


def _moved(its_minute: int, before: int, current: int, minute: int) -> tuple[int, int]:
    """Return what stands in a place as it is to be read in this minute."""
    if its_minute == minute:
        return before, current
    return (current, 0) if its_minute == minute - 1 else (0, 0)


def _until_one_passes(before: int, current: int, part: float, limit: int) -> float:
    """Return after how many windows one more passes when nobody else asks meanwhile."""
    if current < limit:
        return 1 - (limit - current) / before - part
    return (1 - part) + (1 - limit / current)
