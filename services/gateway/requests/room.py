"""Memory for requests in hand: bounded, so that too many large ones at once are put off."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from services.gateway.refusals import Refusal

#: Bytes of all bodies together that a process has in hand.
MOST_BYTES = 32 * 1024 * 1024


class Room:
    """Counts bytes; safe to share among threads."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._left = most
        self._lock = threading.Lock()

    @contextmanager
    def taken(self, size: int) -> Iterator[None]:
        """Hold so many bytes while the block runs.

        Raises:
            Refusal: there are not so many left (503).
        """
        with self._lock:
            if size > self._left:
                message = "too much is on its way in at the moment; try again"
                raise Refusal(503, "busy", message, headers={"Retry-After": "1"})
            self._left -= size
        try:
            yield
        finally:
            with self._lock:
                self._left += size
