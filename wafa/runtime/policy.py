"""The delivery policy: what becomes of an event that could not be brought to effect.

Once more at once, then after 5 seconds, 30 seconds and 2 minutes, each time through a delay queue, so that
nothing waits behind it; then quarantine, with the history of its attempts. What can never be accepted goes
there straight away. What fails because something is away never does, however long that lasts.
"""

from dataclasses import dataclass

from wafa.contracts.envelope import Event
from wafa.contracts.errors import Problem
from wafa.runtime.transient import is_transient

#: Seconds until the next attempt, by how many delayed ones there have been.
DELAYS = (5, 30, 120)
#: Seconds until an event is tried again that failed because something is away for it.
AWAY = DELAYS[0]


@dataclass(frozen=True, slots=True)
class Reject:
    """A handler's word on one event of a batch: it can never be accepted."""

    event: Event
    problem: Problem


@dataclass(frozen=True, slots=True)
class RetryLater:
    """A handler's word on one event of a batch: not now, perhaps later. `why` is no personal data."""

    event: Event
    why: str


#: What handlers return for the events of a batch that had no effect.
Verdict = Reject | RetryLater
Failure = Verdict | Exception


@dataclass(frozen=True, slots=True)
class Again:
    """Try once more after so many seconds; at once after none."""

    after: int


def decide(failure: Failure, attempt: int) -> Again | Problem:
    """Return when to try again, or the problem with which an event goes to quarantine.

    `attempt` counts from 1 and is the one that has just failed. Only attempts at the event by itself count:
    what fails in a batch may be the fault of its neighbours.
    """
    if isinstance(failure, Reject):
        return failure.problem
    if isinstance(failure, Exception) and is_transient(failure):
        return Again(AWAY)
    if isinstance(failure, Exception) and attempt == 1:
        return Again(0)
    delayed = attempt - 1 if isinstance(failure, RetryLater) else attempt - 2
    return (
        Again(DELAYS[delayed]) if delayed < len(DELAYS) else Problem("processing_failed", "", told(failure))
    )


def told(failure: Failure) -> str:
    """Return what may be said of a failure where everybody can read it.

    Of an error that is its class: what it says itself may be what is in the event.
    """
    if isinstance(failure, Reject):
        return failure.problem.message
    if isinstance(failure, RetryLater):
        return failure.why
    return f"{type(failure).__name__}; the log has the details"
