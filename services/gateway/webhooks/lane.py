"""What one process has in hand for one subscription: so a slow receiver holds up nobody but itself."""

import threading
from collections import deque
from datetime import datetime

from services.gateway.domain.delivery import Attempt, rest
from services.gateway.domain.subscription import Subscription


class Lane:
    """Deliveries that were taken on, how many are on their way, and whether the receiver is left alone.

    Safe to share among threads. A receiver that was found away is tried with one delivery at a time, until it
    has taken one.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._taken: deque[tuple[str, str]] = deque()
        self._running = 0
        self._failed = 0
        self._rests_until: datetime | None = None
        #: The subscription as it is now; None when nothing is to be sent to it.
        self.webhook: Subscription | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing is in hand."""
        return not (self._taken or self._running)

    def room(self, batch: int, now: datetime) -> int:
        """Return how many deliveries are worth taking on now."""
        if self._resting(now) or (self._failed and not self.idle):
            return 0
        wanted = 1 if self._failed else batch
        return 0 if len(self._taken) >= min(wanted, self._most) else wanted - len(self._taken)

    def put(self, ids: list[str], token: str) -> int:
        """Put down what was taken on; return how many more may go their way."""
        with self._lock:
            self._taken.extend((id, token) for id in ids)
            more = max(min(len(self._taken), self._most - self._running), 0)
            self._running += more
            return more

    def take(self, now: datetime, *, stopping: bool = False) -> tuple[str, str, Subscription] | None:
        """Return the next delivery, its mark and where it goes; None for whom there is nothing left to do."""
        with self._lock:
            if self._taken and self.webhook and not (stopping or self._resting(now)):
                return (*self._taken.popleft(), self.webhook)
            self._running -= 1
            return None

    def give_back(self, now: datetime, *, all: bool = False) -> list[tuple[str, str]]:
        """Return what is not to be sent now, to be given back: while the receiver rests, or `all`."""
        with self._lock:
            if not (all or self.webhook is None or self._resting(now)):
                return []
            left = [*self._taken]
            self._taken.clear()
            return left

    def learn(self, attempt: Attempt, now: datetime) -> None:
        """Take down what an attempt says of the receiver."""
        with self._lock:
            if attempt.succeeded:
                self._failed, self._rests_until = 0, None
            elif attempt.away and not self._resting(now):
                self._failed += 1
                self._rests_until = now + rest(self._failed, attempt)

    def _resting(self, now: datetime) -> bool:
        return self._rests_until is not None and now < self._rests_until
