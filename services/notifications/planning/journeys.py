"""Journeys as rows: the first step of one that begins, and the step that follows one that is settled.

A row's id is made of customer, campaign, step and occurrence, and of nothing else: whoever plans it again,
with whatever version and at whatever time, plans the same row, and the first stands.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from services.notifications.domain.campaign import Campaign, Message, Purpose, Stop, Trigger, after, first
from services.notifications.domain.decision import Reason
from services.notifications.domain.outreach import FAULT, Outreach, State
from services.notifications.domain.triggers import Happening, happening
from wafa.contracts.envelope import Event, derive_id
from wafa.contracts.traces import traceparent_of

#: What ends a journey when a message of it is dropped: the customer is left out to be compared with others,
#: is not or no longer whom it is for, gets the same under another id, or has a complaint to be settled first.
#: Any other reason speaks of one message and its channels only: the next step is decided on its own.
ENDINGS = frozenset({Reason.HOLDOUT, Reason.LEFT_SEGMENT, Reason.DUPLICATE, Reason.OPEN_COMPLAINT})


def enrol(
    campaign: Campaign,
    customer_id: str,
    occurrence: str,
    now: datetime,
    *,
    cause: str,
    correlation: str,
    traceparent: str | None = None,
    context: Mapping[str, str] | None = None,
) -> Outreach:
    """Return the row that a journey begins with.

    `cause` and `correlation` are ids of the event that began it, or the name of the campaign's version where
    nobody's event did; `traceparent` is that event's.
    """
    start = campaign.start
    delay = start.delay if isinstance(start, Trigger) else timedelta()
    row = _row(campaign, first(campaign), customer_id, occurrence, since=now + delay, planned_at=now)
    assert row is not None, "a campaign is refused whose steps do nothing"
    row = replace(row, cause=cause, correlation=correlation, traceparent=traceparent)
    return replace(row, enrolled_at=now, context=dict(context or {}))


def follow(campaign: Campaign, row: Outreach) -> Outreach | None:
    """Return the row that comes after a settled one; None where the journey ends.

    The wait counts from when the row was settled. `campaign` is the version that the row follows. Made of the
    settled row alone, so whoever plans it again plans the same.
    """
    if row.reason == FAULT or (row.state is State.DROPPED and row.reason in ENDINGS):
        return None
    assert row.settled_at is not None, "only what is settled is followed by something"
    stop = after(campaign, row.step, holds=row.holds)
    found = _row(
        campaign, stop, row.customer_id, row.occurrence, since=row.settled_at, planned_at=row.settled_at
    )
    if found is None:
        return None
    found = replace(found, cause=row.cause, correlation=row.correlation, traceparent=row.traceparent)
    return replace(found, enrolled_at=row.enrolled_at or row.planned_at, context=dict(row.context))


def triggered(campaigns: Iterable[Campaign], events: Sequence[Event], now: datetime) -> list[Outreach]:
    """Return the rows of all journeys that begin with any of these events.

    Raises:
        KeyError: an event is not what its type promises.
    """
    rows: dict[str, Outreach] = {}
    listening = [one for one in campaigns if isinstance(one.start, Trigger)]
    for event in events if listening else ():
        if not (found := happening(event)):
            continue
        for campaign in listening:
            if starts(campaign, found):
                row = enrol(
                    campaign,
                    found.customer_id,
                    found.occurrence,
                    now,
                    cause=event["id"],
                    correlation=event.get("correlationid") or event["id"],
                    traceparent=traceparent_of(event),
                    context=found.context,
                )
                rows.setdefault(row.id, row)
    return list(rows.values())


def starts(campaign: Campaign, found: Happening) -> bool:
    """Tell whether a campaign begins with this."""
    start = campaign.start
    return (
        isinstance(start, Trigger)
        and start.on is found.on
        and all(found.context.get(name) in values for name, values in start.where.items())
    )


def channels_of(campaign: Campaign) -> tuple[str, ...]:
    """Return the channels of the campaign's first message."""
    found = (step.channels for step in campaign.all_steps() if isinstance(step, Message))
    return next(found, ("email",))


def row_id(campaign: str, customer_id: str, step: str, occurrence: str) -> str:
    """Return the id of a row, the same for ever."""
    return derive_id(customer_id, f"outreach {campaign} {step} {occurrence}")


def _row(
    campaign: Campaign,
    stop: Stop,
    customer_id: str,
    occurrence: str,
    *,
    since: datetime,
    planned_at: datetime,
) -> Outreach | None:
    step = stop.step
    if step is None:
        return None
    not_before = since + stop.delay
    writes = isinstance(step, Message)
    # A step that writes to nobody is told of by the channel of the campaign, should it be dropped.
    channels = step.channels if isinstance(step, Message) else channels_of(campaign)
    return Outreach(
        id=row_id(campaign.id, customer_id, step.id, occurrence),
        campaign=campaign.id,
        version=campaign.version,
        customer_id=customer_id,
        step=step.id,
        occurrence=occurrence,
        channel=channels[0],
        planned_at=planned_at,
        not_before=not_before,
        expires_at=not_before + campaign.keep_trying,
        cause="",
        correlation="",
        priority=campaign.priority,
        capped=writes and campaign.purpose is not Purpose.TRANSACTIONAL,
    )
