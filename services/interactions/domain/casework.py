"""What staff do with a case: who sees to it, and how it is settled.

Both stand beside what is folded from the events of the complaint, and no fold touches them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

OPEN, RESOLVING, RESOLVED = "open", "resolving", "resolved"


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who sees to a case, since when; `first_at` is when anybody first did.

    `assignee` is None where it was given back.
    """

    assignee: str | None
    at: datetime
    first_at: datetime


@dataclass(frozen=True, slots=True)
class Resolution:
    """How an open case is being settled: written down before it is told, so that it is told the same again.

    `version` is that of the case as it stood; once the case has moved on, this is history.
    """

    version: int
    at: datetime
    agent: str
    text: str


def assigned(before: Assignment | None, assignee: str | None, now: datetime) -> Assignment | None:
    """Return the assignment after somebody was put in charge, or nobody; the same where nothing changes."""
    if assignee == (before and before.assignee):
        return before
    return Assignment(assignee, now, before.first_at if before else now)


def resolution_time(last: datetime, now: datetime) -> datetime:
    """Return when a case counts as settled: after the last that was heard of it, whose clock may be ahead."""
    return max(now, last + timedelta(milliseconds=1))


def status_of(folded: str, version: int, resolution: Resolution | None) -> str:
    """Return `open`, `resolving` (it was settled, but its event is not recorded yet) or `resolved`."""
    underway = resolution is not None and resolution.version == version
    return RESOLVING if folded == OPEN and underway else folded


def response_seconds(
    opened_at: datetime, assigned_at: datetime | None, resolved_at: datetime | None, now: datetime
) -> int:
    """Return how long the customer waited until somebody took it up, or has waited until now."""
    taken_up = min((at for at in (assigned_at, resolved_at) if at is not None), default=now)
    return max(int((taken_up - opened_at).total_seconds()), 0)
