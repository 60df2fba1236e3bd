"""One step of a campaign with one customer: a row that is planned once and walks to its end.

    planned -> claimed -> sent -> bounced
       ^          |    -> dropped | failed | passed
       +----------+   deferred, or the far end was in trouble

A claim is a lease: `not_before` of a claimed row says when the claim lapses, so that a row left by a dead
worker becomes due by itself; a living one renews it, however slow the far end is. Settled rows carry
`announce_by` until the world has been told and the next step is planned: the worker that settled them does it
at once, and whoever looks after that moment does it in the place of a dead one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from services.notifications.domain.cap import Slot

FIRST_RETRY = timedelta(seconds=10)
LONGEST_RETRY = timedelta(minutes=10)
ANNOUNCED_WITHIN = timedelta(seconds=15)


class State(StrEnum):
    """Where a row stands."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    SENT = "sent"
    BOUNCED = "bounced"
    DROPPED = "dropped"
    FAILED = "failed"
    #: A branch was taken, points were granted: nobody was written to.
    PASSED = "passed"


#: Reason of a message that failed by a fault of ours; no word of the contract of `outreach.suppressed.v1`.
FAULT = "fault"
#: Stands where something personal was that a row cannot be without.
ERASED = "erased"
LIVE = (State.PLANNED, State.CLAIMED)
#: What the customer may have noticed.
CONTACTED = (State.SENT, State.BOUNCED)


@dataclass(frozen=True, slots=True)
class Conversion:
    """The first purchase within the campaign's window; `minor` in the smallest unit of `currency`."""

    purchase_id: str
    at: datetime
    minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Outreach:
    """A step of a campaign with a customer, one for each (campaign, customer, step, occurrence).

    `version` is that of the campaign when the journey began, `enrolled_at` when that was, `context` what the
    event that began it had to say. `capped` says whether the frequency cap holds for it and counts it.
    `sent_to` is a digest of the address, by which it is known again when a message comes back.
    `tried` are channels that have failed for good, `begun` whether the far end may have it already.
    `decision` is the record of the last decision, `attempts` counts what the far end put off, `reply` is the
    last trouble in its words, `cause` and `correlation` are the ids of the event that asked for it, and
    `traceparent` is of the trace that it belongs to.
    """

    id: str
    campaign: str
    customer_id: str
    step: str
    occurrence: str
    channel: str
    planned_at: datetime
    not_before: datetime
    expires_at: datetime
    cause: str
    correlation: str
    traceparent: str | None = None
    version: int = 0
    enrolled_at: datetime | None = None
    priority: int = 50
    capped: bool = False
    context: Mapping[str, str] = field(default_factory=dict)
    state: State = State.PLANNED
    claim: str | None = None
    begun: bool = False
    tried: tuple[str, ...] = ()
    attempts: int = 0
    reason: str | None = None
    reply: str | None = None
    language: str | None = None
    tier: str | None = None
    message_id: str | None = None
    sent_to: str | None = None
    decision: dict[str, object] | None = None
    settled_at: datetime | None = None
    announce_by: datetime | None = None
    converted: Conversion | None = None
    answered: Mapping[str, datetime] = field(default_factory=dict)
    holds: bool | None = None

    @property
    def campaign_key(self) -> str:
        """Name of the version of the campaign that it follows."""
        return f"{self.campaign}@{self.version}"

    @property
    def slot(self) -> Slot:
        """Its place in the customer's time."""
        sent = self.state in CONTACTED
        at = self.settled_at if sent and self.settled_at else max(self.not_before, self.planned_at)
        return Slot(self.id, at, self.priority, sent, self.state is State.CLAIMED)


def deferred(row: Outreach, until: datetime) -> Outreach:
    """Return the row, to be looked at again at that moment."""
    return replace(row, state=State.PLANNED, claim=None, begun=False, not_before=until)


def dropped(row: Outreach, reason: str, now: datetime) -> Outreach:
    """Return the row of a message that will never go out."""
    return _settled(row, State.DROPPED, now, reason=reason)


def passed(row: Outreach, now: datetime, *, holds: bool | None = None) -> Outreach:
    """Return the row of a step that writes to nobody; `holds` is what a branch's rule came to."""
    return _settled(row, State.PASSED, now, holds=holds, reason=None)


def accepted(row: Outreach, message_id: str, language: str, sent_to: str, now: datetime) -> Outreach:
    """Return the row of a message that the far end has taken over."""
    told = {"message_id": message_id, "language": language, "sent_to": sent_to}
    return _settled(row, State.SENT, now, reply=None, reason=None, **told)


def refused(row: Outreach, channels: Sequence[str], reply: str, now: datetime) -> Outreach:
    """Return the row of a message that the far end refuses for good; another channel is tried if left."""
    tried = (*row.tried, row.channel)
    if left := [one for one in channels if one not in tried]:
        again = deferred(row, now)
        return replace(again, tried=tried, channel=left[0], attempts=0, reply=reply, reason=None)
    return _settled(row, State.FAILED, now, tried=tried, reason="bounced", reply=reply)


def failed(row: Outreach, fault: str, now: datetime) -> Outreach:
    """Return the row of a message that cannot be made of what is kept; `fault` is for people."""
    return _settled(row, State.FAILED, now, reason=FAULT, reply=fault)


def forgotten(row: Outreach) -> Outreach:
    """Return the row without what was told of a customer who has been erased since."""
    return replace(row, context={}, correlation=ERASED, traceparent=None, reply=None)


def put_off(row: Outreach, reply: str, now: datetime, *, at_least: timedelta = timedelta()) -> Outreach:
    """Return the row of a message to be tried again, after a delay that doubles from 10 s up to 10 min.

    `at_least` is how long the far end asked us to wait.
    """
    delay = min(FIRST_RETRY * 2 ** min(row.attempts, 10), LONGEST_RETRY)
    return replace(deferred(row, now + max(delay, at_least)), reply=reply, attempts=row.attempts + 1)


def _settled(row: Outreach, state: State, now: datetime, **told: Any) -> Outreach:
    done = {"state": state, "claim": None, "begun": False, "settled_at": now}
    return replace(row, announce_by=now + ANNOUNCED_WITHIN, **(done | told))
