"""The last events of a stream, for who comes back after a short interruption."""

from collections import deque
from collections.abc import Iterable

from services.gateway.stream.frames import Frame

MOST = 1_000
MOST_BYTES = 8 * 1024 * 1024
#: Seconds. Whoever was erased is not kept in memory for the sake of a screen that has been off for long.
OLDEST = 300.0


class Recent:
    """Remembers up to `most` events. Moments are seconds of any clock that only goes forward."""

    def __init__(self, most: int = MOST, most_bytes: int = MOST_BYTES) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._kept: deque[tuple[int, float, Frame]] = deque()
        self._bytes = 0
        self._next = 0
        self._complete_from: dict[str, int] = {}

    def begin(self, types: Iterable[str]) -> None:
        """From now on every event of these types comes here."""
        for one in types:
            self._complete_from[one] = self._next

    def end(self, types: Iterable[str]) -> None:
        """From now on these types no longer come."""
        for one in types:
            self._complete_from.pop(one, None)

    def add(self, frame: Frame, at: float) -> None:
        """Remember an event that came at a moment."""
        self._kept.append((self._next, at, frame))
        self._bytes += len(frame.body)
        self._next += 1
        while len(self._kept) > self._most or self._bytes > self._most_bytes:
            self._drop()

    def forget(self, before: float) -> None:
        """Forget what came before a moment."""
        while self._kept and self._kept[0][1] < before:
            self._drop()

    def after(self, id: str, types: frozenset[str]) -> list[Frame] | None:
        """Return the events of these types since the one with this id; None: nobody here knows them all."""
        place = next((number for number, _, frame in self._kept if frame.id == id), None)
        if place is None or any(self._complete_from.get(one, self._next) > place for one in types):
            return None
        return [frame for number, _, frame in self._kept if number > place and frame.type in types]

    def _drop(self) -> None:
        _, _, frame = self._kept.popleft()
        self._bytes -= len(frame.body)
