"""Writing down what became of messages, as soon as it is known and still by the batch."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from threading import Lock

import structlog

from services.notifications.domain.outreach import Outreach
from wafa.runtime.transient import TRANSIENT

log = structlog.get_logger(__name__)

#: How long a sender holds on to what it has handed over and cannot write down; seconds between two tries.
PATIENCE = timedelta(minutes=2)
PAUSE = 0.5


class _Slip:
    """A row to be written, and whether it has been."""

    def __init__(self, row: Outreach) -> None:
        self.row = row
        self.written = False


class Settler:
    """Writes rows for several threads: whoever comes to write takes along what the others have put down.

    Each thread waits until its row is durable before it begins the next message; so when the process dies,
    of each connection at most the one message is in doubt that it was handing over.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Outreach]], None],
        *,
        patience: timedelta = PATIENCE,
        pause: float = PAUSE,
    ) -> None:
        self._write = write
        self._patience = patience.total_seconds()
        self._pause = pause
        self._waiting: deque[_Slip] = deque()
        self._turn = Lock()

    def settle(self, rows: Iterable[Outreach]) -> None:
        """Return when these rows are durable; a database that is away is waited for.

        Raises:
            one of `wafa.runtime.transient.TRANSIENT`: it stays away for longer than our patience.
        """
        slips = [_Slip(row) for row in rows]
        self._waiting.extend(slips)
        with self._turn:
            while not all(slip.written for slip in slips):
                taken = [self._waiting.popleft() for _ in range(len(self._waiting))]
                try:
                    self._persist([slip.row for slip in taken])
                except BaseException:
                    # Whoever waits for one of these tries again, and fails or not on its own account.
                    self._waiting.extendleft(reversed([slip for slip in taken if slip not in slips]))
                    raise
                for slip in taken:
                    slip.written = True

    def _persist(self, rows: Sequence[Outreach]) -> None:
        gives_up = time.monotonic() + self._patience
        while True:
            try:
                return self._write(rows)
            except TRANSIENT as error:
                if time.monotonic() >= gives_up:
                    raise
                log.warning("not settled yet, something is away", error=str(error))
                time.sleep(self._pause)
