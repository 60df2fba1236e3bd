"""What would have been known of a customer at an earlier moment: the entry without what came later.

What is kept of the past: purchases (the latest 100) and the figures made of them, when the customer was first
heard of, the last word on each complaint and each consent, bounces. What is kept only as it is today stays
so, and is named in `AS_TODAY`: a rule that asks for it gets an answer that may be off.
"""

from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from services.notifications.domain.audience import Brought, Entry
from services.notifications.domain.facts import (
    Complaint,
    Feedback,
    Interaction,
    Member,
    Profile,
    Purchase,
)
from services.notifications.domain.rule import Rule
from services.notifications.domain.segment import comparisons
from services.notifications.domain.told import Told

#: Traits whose past nobody keeps: they are taken as they are today.
AS_TODAY = frozenset(
    {
        "tier",
        "tier_since",
        "tier_held_until",
        "standing",
        "next_tier",
        "next_tier_missing",
        "next_tier_progress",
        "points",
        "points_expiring",
        "points_expire_at",
        "spend",
        "qualifying_spend",
        "locale",
        "language",
        "timezone",
        "country",
        "email",
        "phone",
        "tags",
        "account",
    }
)
_Said = TypeVar("_Said", Feedback, Interaction)


def as_of(entry: Entry, moment: datetime) -> Entry:
    """Return what would have been known of a customer just before a moment.

    Of a complaint that was resolved later it is open from the latest moment at which one was opened; what
    was said before a later word (a consent, a feedback) is lost, and counts as never said. Returns of
    purchases are not known here: figures are those before them.
    """
    gone = [one for one in entry.told.purchases if one.at >= moment]
    return replace(
        entry,
        profile=_profile(entry.profile, moment) if entry.profile else None,
        member=_member(entry, entry.member, gone, moment) if entry.member else None,
        own=_told(entry.own, moment),
        brought=tuple(Brought(one.by, _told(one.told, moment)) for one in entry.brought),
    )


def known(entry: Entry, moment: datetime) -> bool:
    """Tell whether anything of a customer had been heard by then."""
    told = entry.told
    first = min((one.at for one in told.purchases), default=None)
    heard = min((one for one in (told.heard_at, first) if one), default=None)
    return heard is None or heard < moment


def taken_as_today(rule: Rule | None) -> list[str]:
    """Return the traits in a rule whose past nobody keeps, in alphabetical order."""
    return sorted({one.field for one in comparisons(rule)} & AS_TODAY) if rule else []


def _profile(profile: Profile, moment: datetime) -> Profile:
    return replace(profile, consents=tuple(one for one in profile.consents if one.at < moment))


def _told(told: Told, moment: datetime) -> Told:
    complained = _before(told.complained_at, moment)
    then = (_complaint(one, complained, moment) for one in told.complaints)
    return Told(
        complaints=tuple(one for one in then if one),
        last_feedback=_said(told.last_feedback, moment),
        last_interaction=_said(told.last_interaction, moment),
        purchases=tuple(one for one in told.purchases if one.at < moment),
        bounced=tuple(one for one in told.bounced if one.at < moment),
        heard_at=_before(told.heard_at, moment),
        complained_at=complained,
        resolved_at=_before(told.resolved_at, moment),
    )


def _complaint(told: Complaint, complained_at: datetime | None, moment: datetime) -> Complaint | None:
    if told.time < moment:
        return told
    if told.status == "resolved" and complained_at:
        return replace(told, status="opened", time=complained_at)
    return None


def _member(entry: Entry, member: Member, gone: list[Purchase], moment: datetime) -> Member:
    if not gone:
        return member
    left = [one for one in entry.told.purchases if one.at < moment]
    count = max(len(left), member.purchase_count - len(gone))
    last = left[0].at if left else None
    first = member.first_purchase_at or (left[-1].at if left else None)
    recognized = _before(member.recognized_at, moment)
    came_back = len({one.at.date() for one in left}) > 1
    return replace(
        member,
        purchase_count=count,
        first_purchase_at=_before(first, moment),
        last_purchase_at=last,
        repeat=came_back if member.recognized_at is None else recognized is not None,
        recognized_at=recognized,
        due_at=_due(left),
        expected_interval_days=None,
    )


def _due(purchases: list[Purchase]) -> datetime | None:
    """Return the last purchase plus the mean time between days of purchase.

    Loyalty has a better rule, which looks at other customers as well; what it said then is not kept here.
    """
    days = sorted({one.at.date() for one in purchases})
    if len(days) < 2:
        return None
    return purchases[0].at + (days[-1] - days[0]) / (len(days) - 1)


def _said(said: _Said | None, moment: datetime) -> _Said | None:
    return said if said and said.time < moment else None


def _before(at: datetime | None, moment: datetime) -> datetime | None:
    return at if at and at < moment else None
