"""A case: the life of one complaint, folded from its events.

The events may arrive in any order and any number of times. They are immutable records, so a case is folded
anew from all of them, and the number of events folded serves as its version: of two folds, the one that saw
more events is right.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

OPENED = "complaint.opened.v1"
RESOLVED = "complaint.resolved.v1"
REOPENED = "complaint.reopened.v1"
COMPLAINTS = frozenset({OPENED, RESOLVED, REOPENED})


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """One event in the life of a complaint; `key` breaks ties of `time`."""

    key: str
    time: datetime
    type: str
    customer_id: str
    category: str
    severity: str
    resolution: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A complaint as it stands; `version` is the number of its events."""

    customer_id: str
    status: str
    category: str
    severity: str
    opened_at: datetime
    resolved_at: datetime | None
    resolution: str | None
    reopened: int
    version: int


def fold_case(events: Iterable[CaseEvent]) -> Case:
    """Return the case that these events, at least one, have made. Their order does not matter.

    The latest event decides whether the case is open; an opening that happened after a resolution (business
    time) opens it again.
    """
    told = sorted({event.key: event for event in events}.values(), key=lambda event: (event.time, event.key))
    last = told[-1]
    resolved = last.type == RESOLVED
    return Case(
        customer_id=last.customer_id,
        status="resolved" if resolved else "open",
        category=last.category,
        severity=last.severity,
        opened_at=told[0].time,
        resolved_at=last.time if resolved else None,
        resolution=last.resolution if resolved else None,
        reopened=sum(event.type == REOPENED for event in told),
        version=len(told),
    )
