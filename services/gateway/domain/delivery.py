"""What becomes of a delivery after an attempt, and of a subscription whose receiver does not answer.

5 s, 30 s, 2 min, 15 min, 1 h, 4 h, 12 h, and every 12 h from then on, for as long as the event is kept
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

DELAYS = tuple(timedelta(seconds=one) for one in (5, 30, 120, 900, 3_600, 14_400, 43_200))
#: How long an event is kept for a receiver, delivered or not.
KEPT = timedelta(days=7)
#: A subscription is paused when no delivery has succeeded for so long, and some have failed.
LONG_FAILURE = timedelta(hours=24)
#: How long a receiver that is away is left alone at most, whatever waits for it.
LONGEST_REST = timedelta(seconds=60)

GONE = 410
#: Statuses that are about the receiver, and not about the one event.
_AWAY = frozenset({408, 425, 429, 502, 503, 504})


class State(StrEnum):
    """Where a delivery stands. `FAILED`: there is no further attempt, unless it is replayed."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of an attempt: the `status` of the answer, or `trouble`, a word for why there was none.

    `retry_after` is how many seconds the receiver asked us to wait.
    """

    status: int | None = None
    trouble: str | None = None
    retry_after: float | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the receiver has taken the event."""
        return self.status is not None and 200 <= self.status <= 299

    @property
    def away(self) -> bool:
        """Whether the receiver would take no other event either."""
        return self.status is None or self.status in _AWAY or self.retry_after is not None

    @property
    def gone(self) -> bool:
        """Whether the receiver says that it wants nothing any more."""
        return self.status == GONE


@dataclass(frozen=True, slots=True)
class Fate:
    """How a delivery goes on; `due` is when the next attempt is made, if there is one."""

    state: State
    due: datetime | None = None


def fate(made: int, kept_since: datetime, attempt: Attempt, now: datetime) -> Fate:
    """Return how a delivery goes on after `attempt`, the `made`-th (from 1)."""
    if attempt.succeeded:
        return Fate(State.DELIVERED)
    due = now + max(delay(made), timedelta(seconds=attempt.retry_after or 0))
    return Fate(State.FAILED) if due >= kept_since + KEPT else Fate(State.WAITING, due)


def delay(made: int) -> timedelta:
    """Return how long to wait after so many attempts that failed (from 1)."""
    return DELAYS[min(made, len(DELAYS)) - 1]


def rest(failed: int, attempt: Attempt) -> timedelta:
    """Return how long to leave a receiver alone that was found away so many times in a row (from 1)."""
    return max(min(delay(failed), LONGEST_REST), timedelta(seconds=attempt.retry_after or 0))


def failed_long(failing_since: datetime | None, now: datetime) -> bool:
    """Tell whether a receiver has failed for so long that it is no longer tried."""
    return failing_since is not None and now - failing_since >= LONG_FAILURE
