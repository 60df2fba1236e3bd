"""Had a campaign run in the past: whom would it have contacted, and how many of them bought anyway?

Each customer is taken back to the moment, and the sender's own decision is asked. Nobody was contacted, so
whoever bought within the window bought anyway: that is what a campaign has to beat.

What cannot be known of the past: what other campaigns would have sent (no cap holds, no priority), whether a
message would have come back, and what `past.AS_TODAY` names.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.notifications.domain.audience import Entry
from services.notifications.domain.campaign import (
    Branch,
    Campaign,
    Message,
    Trigger,
    after,
    first,
)
from services.notifications.domain.decision import Defer, Drop, Reason, Send, decide
from services.notifications.domain.evidence import case_of
from services.notifications.domain.occasions import Span, occasions
from services.notifications.domain.outreach import Outreach
from services.notifications.domain.past import as_of
from services.notifications.domain.reach import recipient
from services.notifications.domain.segment import matches
from services.notifications.domain.traits import traits_of

#: A message that is put off is decided anew when its time has come; more often than this none is.
_LOOKS = 5


@dataclass(slots=True)
class Sums:
    """What came of it, added up over customers.

    `bought` are contacts that a purchase followed within the window, `window_open` those whose window is not
    over by now. `months` have contacts and purchases by the month of the contact, as 2026-03.
    """

    looked_at: int = 0
    customers: int = 0
    contacts: int = 0
    bought: int = 0
    held_out: int = 0
    held_out_bought: int = 0
    window_open: int = 0
    suppressed: Counter[str] = field(default_factory=Counter)
    months: Counter[tuple[str, str]] = field(default_factory=Counter)


def simulate(campaign: Campaign, entries: Iterable[Entry], span: Span) -> Sums:
    """Play the past of a campaign with some customers; the sums of all of them are the sums of the parts."""
    sums = Sums()
    for entry in entries:
        sums.looked_at += 1
        before = sums.contacts
        for start in occasions(campaign, entry, span):
            _play(campaign, entry, start, span, sums)
        sums.customers += sums.contacts > before
    return sums


def _play(campaign: Campaign, entry: Entry, start: datetime, span: Span, sums: Sums) -> None:
    """Take the journey up to its first message, and decide on that."""
    found = _first_message(campaign, entry, start)
    if found is None:
        return
    at, step = found
    for _ in range(_LOOKS):
        if at >= span.now:
            return
        then = as_of(entry, at)
        decision = decide(
            case_of(
                _row(campaign, entry, step, start, found[0]),
                campaign,
                then,
                channels=step.channels,
                addresses={one: recipient(then, one) for one in step.channels},
                now=at,
            )
        )
        match decision:
            case Defer(until, reason):
                if reason is Reason.NOT_YET_KNOWN:
                    sums.suppressed[str(reason)] += 1
                    return
                at = until
            case Drop(Reason.HOLDOUT):
                sums.held_out += 1
                sums.held_out_bought += _bought(campaign, entry, at)
                return
            case Drop(reason):
                sums.suppressed[str(reason)] += 1
                return
            case Send():
                _contacted(campaign, entry, at, span, sums)
                return


def _first_message(campaign: Campaign, entry: Entry, start: datetime) -> tuple[datetime, Message] | None:
    """Return the first message of a journey that begins at `start`, and when it would have been due."""
    delay = campaign.start.delay if isinstance(campaign.start, Trigger) else timedelta()
    stop, at = first(campaign), start + delay
    while stop.step is not None:
        at += stop.delay
        if isinstance(stop.step, Message):
            return at, stop.step
        holds = None
        if isinstance(stop.step, Branch):
            holds = matches(stop.step.rule, traits_of(as_of(entry, at)), at, start)
        stop = after(campaign, stop.step.id, holds=holds)
    return None


def _row(campaign: Campaign, entry: Entry, step: Message, start: datetime, due: datetime) -> Outreach:
    return Outreach(
        id="simulated",
        campaign=campaign.id,
        version=campaign.version,
        customer_id=entry.customer_id,
        step=step.id,
        occurrence="simulated",
        channel=step.channels[0],
        planned_at=start,
        enrolled_at=start,
        not_before=due,
        expires_at=due + campaign.keep_trying,
        cause=campaign.key,
        correlation=campaign.key,
    )


def _contacted(campaign: Campaign, entry: Entry, at: datetime, span: Span, sums: Sums) -> None:
    month, bought = f"{at:%Y-%m}", _bought(campaign, entry, at)
    sums.contacts += 1
    sums.bought += bought
    sums.window_open += at + campaign.window > span.now
    sums.months[month, "contacts"] += 1
    sums.months[month, "bought"] += bought


def _bought(campaign: Campaign, entry: Entry, at: datetime) -> bool:
    return any(at <= one.at < at + campaign.window for one in entry.told.purchases)
