"""When a campaign would have begun its journeys in the past, as far as that past is kept."""

from calendar import isleap
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from services.notifications.domain.audience import Entry
from services.notifications.domain.campaign import Broadcast, Campaign, Message, On, Trigger
from services.notifications.domain.past import as_of, known
from services.notifications.domain.rule import MILLISECOND
from services.notifications.domain.segment import matches
from services.notifications.domain.traits import traits_of

#: Why nothing can be said about a campaign that starts with these.
PAST_NOT_KEPT = {
    On.TIER_CHANGED: "which tiers customers had before is not kept here",
    On.DUE: "when purchases were due before is not kept here",
    On.RISK_RAISED: "when customers slipped away before is not kept here",
    On.POINTS_EXPIRING: "which points expired before is not kept here",
}


@dataclass(frozen=True, slots=True)
class Span:
    """The time to look at, from `since` until just before `until`.

    A broadcast is imagined to go out at `since`, and with `every` again and again, each time to those who
    have come into its audience meanwhile. `now` is the moment up to which purchases are known.
    """

    since: datetime
    until: datetime
    now: datetime
    every: timedelta | None = None


def refusal(campaign: Campaign) -> str | None:
    """Return why the past of a campaign cannot be played, None where it can."""
    start = campaign.start
    if not any(isinstance(step, Message) for step in campaign.all_steps()):
        return f"{campaign.id} has no message"
    if isinstance(start, Trigger):
        if start.on in PAST_NOT_KEPT:
            return f"{start.on}: {PAST_NOT_KEPT[start.on]}"
        if strange := sorted(set(start.where) - _ASKABLE.get(start.on, set())):
            return f"{start.on}: {', '.join(strange)} of earlier events is not kept here"
    return None


#: What `where` may ask of what is kept of earlier events.
_ASKABLE = {On.COMPLAINT_RESOLVED: {"complaint_category", "severity"}}


def occasions(campaign: Campaign, entry: Entry, span: Span) -> Iterator[datetime]:
    """Yield the moments within the span at which a journey of this customer would have begun."""
    match campaign.start:
        case Broadcast():
            yield from _in_audience(campaign, entry, span)
        case Trigger(on=On.RECOGNIZED):
            yield from _within(span, _after(_recognized(entry)))
        case Trigger(on=On.COMPLAINT_RESOLVED, where=where):
            for one in entry.told.complaints:
                asked = {"complaint_category": one.category, "severity": one.severity}
                if one.status == "resolved" and all(asked[name] in where[name] for name in where):
                    yield from _within(span, _after(one.time))
        case Trigger(on=On.ANNIVERSARY, days_before=days):
            yield from _anniversaries(entry, span, timedelta(days=days))


def _in_audience(campaign: Campaign, entry: Entry, span: Span) -> Iterator[datetime]:
    """Yield the first moment at which a broadcast would have found the customer: it reaches nobody twice."""
    assert campaign.audience, "a broadcast without an audience is refused"
    at = span.since
    while at < span.until:
        if known(entry, at) and matches(campaign.audience, traits_of(as_of(entry, at)), at, at):
            yield at
            return
        if span.every is None:
            return
        at += span.every


def _recognized(entry: Entry) -> datetime | None:
    """Return when the customer came back: as loyalty said, else the purchase on a second day."""
    if entry.member and entry.member.recognized_at:
        return entry.member.recognized_at
    bought = sorted(one.at for one in entry.told.purchases)
    return next((at for at in bought if at.date() != bought[0].date()), None)


def _anniversaries(entry: Entry, span: Span, ahead: timedelta) -> Iterator[datetime]:
    """Yield the days of it; that of 29 February is the 28th in other years."""
    bought = traits_of(entry).get("first_purchase_at")
    if not isinstance(bought, datetime):
        return
    first = bought.date()
    for year in range(first.year + 1, (span.until + ahead).year + 1):
        leapt = (first.month, first.day) == (2, 29) and not isleap(year)
        day = first.replace(year=year, day=28 if leapt else first.day)
        yield from _within(span, datetime.combine(day, time(), UTC) - ahead)


def _after(at: datetime | None) -> datetime | None:
    """Return the first moment at which somebody can know of what happened then."""
    return at + MILLISECOND if at else None


def _within(span: Span, at: datetime | None) -> Iterator[datetime]:
    if at and span.since <= at < span.until:
        yield at
