"""One message to one customer: a row that is planned once and walks to sent, dropped or failed.

    planned -> claimed -> sent | dropped | failed
       ^          |
       +----------+   deferred, or the mail server was in trouble

A claim is a lease: `not_before` of a claimed row says when the claim lapses, so that a row left by a dead
worker becomes due by itself; a living one renews it, however slow the mail server is. Settled rows carry
`announce_by` until the world has been told: the worker that settled them does it at once, and whoever looks
after that moment does it in the place of a dead one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from services.notifications.domain.audience import Entry
from services.notifications.domain.decision import Case, Decision, Defer, Drop, Twin
from services.notifications.domain.quiet import QuietHours, known_zone

FIRST_RETRY = timedelta(seconds=10)
LONGEST_RETRY = timedelta(minutes=10)
ANNOUNCED_WITHIN = timedelta(seconds=15)


class State(StrEnum):
    """Where a message stands."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    SENT = "sent"
    DROPPED = "dropped"
    FAILED = "failed"


#: Reason of a message that failed by a fault of ours; no word of the contract of `outreach.suppressed.v1`.
FAULT = "fault"
LIVE = (State.PLANNED, State.CLAIMED)


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds for every message of a campaign. `zone` and `locale` are for customers who gave none."""

    campaign: str
    channel: str
    purpose: str
    template: str
    keep_trying: timedelta
    quiet_hours: QuietHours | None = None
    zone: str = "UTC"
    locale: str = "en"


RECOGNITION = Policy("recognition", "email", "service", "recognized", keep_trying=timedelta(days=3))
POLICIES = {policy.campaign: policy for policy in (RECOGNITION,)}


@dataclass(frozen=True, slots=True)
class Outreach:
    """A message to a customer, one for each (campaign, customer, step, occurrence).

    `decision` is the record of the last decision, `attempts` counts what the mail server put off, `reply` is
    the last trouble in its words, `cause` and `correlation` are the ids of the event that asked for it.
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
    state: State = State.PLANNED
    claim: str | None = None
    attempts: int = 0
    reason: str | None = None
    reply: str | None = None
    language: str | None = None
    message_id: str | None = None
    decision: dict[str, object] | None = None
    settled_at: datetime | None = None
    announce_by: datetime | None = None


def case_of(
    row: Outreach, policy: Policy, entry: Entry | None, *, has_address: bool, twin: Twin | None, now: datetime
) -> Case:
    """Gather what the decision on this row looks at."""
    profile = entry.profile if entry else None
    return Case(
        now=now,
        expires_at=row.expires_at,
        channel=row.channel,
        purpose=policy.purpose,
        known=bool(entry and (entry.erased or (entry.profile and entry.member))),
        has_address=has_address,
        consent=entry.consent(row.channel, policy.purpose) if entry else None,
        open_complaints=len(entry.open_complaints) if entry else 0,
        quiet_hours=policy.quiet_hours,
        zone=known_zone(profile.timezone if profile else None, policy.zone),
        twin=twin,
    )


def twin_of(row: Outreach, others: Iterable[Outreach]) -> Twin | None:
    """Return what the same message under other ids of the same person means for this row.

    `others` may hold rows of other campaigns, steps and occurrences, and the row itself. Of rows that are
    still to be decided the smallest id goes ahead, so that of two workers who each hold one exactly one gives
    way.
    """
    message = (row.campaign, row.step, row.occurrence)
    same = [one for one in others if (one.campaign, one.step, one.occurrence) == message]
    rivals = [one for one in same if one.id != row.id]
    if any(one.state is State.SENT for one in rivals):
        return Twin.SENT
    if any(one.state in LIVE and one.id < row.id for one in rivals):
        return Twin.AHEAD
    return Twin.IN_FLIGHT if any(one.state is State.CLAIMED for one in rivals) else None


def decided(row: Outreach, case: Case, decision: Decision) -> Outreach:
    """Return the row with the decision on record; a DEFER or DROP also moves it."""
    row = replace(row, decision=record(case, decision), reason=getattr(decision, "reason", None))
    match decision:
        case Defer(until):
            return replace(row, state=State.PLANNED, claim=None, not_before=until)
        case Drop():
            return _settled(row, State.DROPPED, case.now)
    return row


def record(case: Case, decision: Decision) -> dict[str, object]:
    """Return a decision and all that it was based on, as plain values to store and to show."""
    quiet = case.quiet_hours
    return {
        "outcome": type(decision).__name__.lower(),
        "reason": getattr(decision, "reason", None),
        "until": getattr(decision, "until", None),
        "at": case.now,
        "channel": case.channel,
        "purpose": case.purpose,
        "known": case.known,
        "has_address": case.has_address,
        "consent": case.consent,
        "open_complaints": case.open_complaints,
        "quiet_hours": f"{quiet.start:%H:%M}-{quiet.end:%H:%M} {case.zone}" if quiet else None,
        "twin": case.twin,
        "expires_at": case.expires_at,
    }


def accepted(row: Outreach, message_id: str, language: str, now: datetime) -> Outreach:
    """Return the row of a message that the mail server has taken over."""
    return replace(_settled(row, State.SENT, now), message_id=message_id, language=language, reply=None)


def refused(row: Outreach, reply: str, now: datetime) -> Outreach:
    """Return the row of a message that the mail server will never take."""
    return replace(_settled(row, State.FAILED, now), reason="bounced", reply=reply)


def failed(row: Outreach, fault: str, now: datetime) -> Outreach:
    """Return the row of a message that cannot be made of what is kept; `fault` is for people."""
    return replace(_settled(row, State.FAILED, now), reason=FAULT, reply=fault)


def put_off(row: Outreach, reply: str, now: datetime) -> Outreach:
    """Return the row of a message to be tried again, after a delay that doubles from 10 s up to 10 min."""
    delay = min(FIRST_RETRY * 2 ** min(row.attempts, 10), LONGEST_RETRY)
    return replace(
        row, state=State.PLANNED, claim=None, reply=reply, attempts=row.attempts + 1, not_before=now + delay
    )


def _settled(row: Outreach, state: State, now: datetime) -> Outreach:
    return replace(row, state=state, claim=None, settled_at=now, announce_by=now + ANNOUNCED_WITHIN)
