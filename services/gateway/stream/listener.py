"""One who listens: what is to be sent to them, and not more than they can take."""

import threading
from collections import deque

from services.gateway.stream.frames import GAP, OVERFLOW, Frame

MOST = 1_000
MOST_BYTES = 4 * 1024 * 1024


class Listener:
    """What waits for one client. Filled by one thread and emptied by another.

    Who does not take what waits is cut off: a slow client must cost the others neither memory nor time.
    """

    def __init__(self, types: frozenset[str], most: int = MOST, most_bytes: int = MOST_BYTES) -> None:
        self.types = types
        #: It has missed something, and is told so as soon as nothing more is missed.
        self.missed = False
        self._most = most
        self._most_bytes = most_bytes
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._cut_off = False
        self._changed = threading.Condition()

    @property
    def cut_off(self) -> bool:
        """Whether nothing more will come, after what waits."""
        return self._cut_off

    def offer(self, frame: Frame) -> None:
        """Let an event wait, if it is one of those that are listened for."""
        if frame.type in self.types:
            self._put(frame.body)

    def tell_gap(self) -> None:
        """Say that something may be missing."""
        self.missed = False
        self._put(GAP)

    def take(self, within: float) -> bytes:
        """Return what waits, together; nothing when nothing came within so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting, within)
            taken = b"".join(self._waiting)
            self._empty()
            return taken

    def _put(self, body: bytes) -> None:
        with self._changed:
            if self._cut_off:
                return
            self._waiting.append(body)
            self._bytes += len(body)
            if len(self._waiting) > self._most or self._bytes > self._most_bytes:
                self._empty()
                self._waiting.append(OVERFLOW)
                self._cut_off = True
            self._changed.notify()

    def _empty(self) -> None:
        self._waiting.clear()
        self._bytes = 0
