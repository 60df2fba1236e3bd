"""What a segment can ask of a customer: flat values, made of the audience entry.

Moments are aware UTC datetimes. Money is in thousandths of the program's base currency, whatever its own
decimals, so that a rule can be read without knowing which currency that is.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import chain
from typing import Any

from services.notifications.domain.audience import Entry
from services.notifications.domain.facts import Amount, Feedback, Member, Profile
from services.notifications.domain.reach import USABLE
from services.notifications.domain.told import Told

Traits = Mapping[str, Any]

THOUSAND = 1000
#: How many of the categories bought most are kept.
FAVOURITES = 20
#: The highest score of each kind of question where the answer does not say another.
_USUAL_SCALE = {"csat": 5, "nps": 10, "ces": 7}


class Kind(StrEnum):
    """What kind of value a trait is, and so what can be asked of it."""

    TEXT = "text"
    TEXTS = "texts"
    NUMBER = "number"
    MONEY = "money"
    MOMENT = "moment"
    DAY_OF_YEAR = "day_of_year"
    FLAG = "flag"
    PRESENCE = "presence"


@dataclass(frozen=True, slots=True)
class Field:
    """A trait that rules may name."""

    kind: Kind
    about: str


#: Every trait there is. A rule can name no other.
FIELDS: Mapping[str, Field] = {
    "tier": Field(Kind.TEXT, "Name of the tier in the loyalty program."),
    "tier_since": Field(Kind.MOMENT, "Since when the customer is on it."),
    "tier_held_until": Field(Kind.MOMENT, "Until when it is kept, whatever is bought."),
    "next_tier": Field(Kind.TEXT, "Name of the tier above."),
    "next_tier_missing": Field(Kind.MONEY, "Qualifying spend that is missing for the tier above."),
    "next_tier_progress": Field(Kind.NUMBER, "Per cent of the tier above that is reached, 0 to 100."),
    "points": Field(Kind.NUMBER, "Points to spend."),
    "points_expiring": Field(Kind.NUMBER, "The points that expire next."),
    "points_expire_at": Field(Kind.MOMENT, "When they do."),
    "purchase_count": Field(Kind.NUMBER, "Purchases since ever."),
    "spend": Field(Kind.MONEY, "Purchases less returns since ever."),
    "qualifying_spend": Field(Kind.MONEY, "Purchases less returns of 365 days, as last computed."),
    "first_purchase_at": Field(Kind.MOMENT, "When the first purchase was."),
    "last_purchase_at": Field(Kind.MOMENT, "When the last purchase was."),
    "due_at": Field(Kind.MOMENT, "When the next purchase is expected, by the customer's own rhythm."),
    "mean_interval_days": Field(Kind.NUMBER, "That rhythm: usual time between purchases, in days."),
    "standing": Field(Kind.TEXT, "Whether they slip away, by their own rhythm: active, at_risk or lost."),
    "repeat": Field(Kind.FLAG, "Whether the customer is a repeat customer by the program's rule."),
    "recognized_at": Field(Kind.MOMENT, "When the customer became one."),
    "locale": Field(Kind.TEXT, "Language as the customer gave it, BCP 47: ar-EG."),
    "language": Field(Kind.TEXT, "The language alone: ar."),
    "timezone": Field(Kind.TEXT, "Time zone, IANA name."),
    "country": Field(Kind.TEXT, "Country, ISO 3166-1 alpha-2."),
    "email": Field(Kind.PRESENCE, "Whether there is an e-mail address."),
    "phone": Field(Kind.PRESENCE, "Whether there is a telephone number."),
    "consented": Field(Kind.TEXTS, "What the customer granted: email/marketing."),
    "withdrawn": Field(Kind.TEXTS, "What the customer withdrew: sms/service."),
    "bounced": Field(Kind.TEXTS, "Channels on which none of the customer's addresses takes messages."),
    "open_complaints": Field(Kind.NUMBER, "Complaints that nobody has resolved."),
    "last_complaint_at": Field(Kind.MOMENT, "When a complaint was last opened or reopened."),
    "last_resolved_at": Field(Kind.MOMENT, "When a complaint was last resolved."),
    "feedback": Field(Kind.TEXT, "How good the last feedback was: low, middle, high."),
    "feedback_at": Field(Kind.MOMENT, "When it was given."),
    "purchased_since_feedback": Field(Kind.FLAG, "Whether the customer bought after it."),
    "categories": Field(Kind.TEXTS, "Categories of the latest 100 purchases, the favourite first."),
    "tags": Field(Kind.TEXTS, "Labels that other systems put on the customer."),
    "account": Field(Kind.TEXT, "Id of the organisation that the customer belongs to."),
    "registered_at": Field(Kind.MOMENT, "The earliest moment at which the customer was known."),
    "anniversary": Field(Kind.DAY_OF_YEAR, "Day of the first purchase without its year: 03-14."),
}


def traits_of(entry: Entry) -> dict[str, Any]:
    """Return what is known of a customer; what is not known is absent.

    Besides what `FIELDS` names these are `purchases`, the latest 100, newest first. An alias and somebody who
    was erased have none: no rule ever finds them.
    """
    if entry.alias_of or entry.erased:
        return {}
    told = entry.told
    traits = _of_profile(entry.profile, told) if entry.profile else {}
    traits |= _of_purchases(told)
    if entry.member:
        traits |= _of_member(entry.member, traits)
    traits |= _of_words(told, traits.get("last_purchase_at"))
    return {name: value for name, value in traits.items() if value is not None and value != []}


def address_bounced(told: Told, channel: str, address: str) -> bool:
    """Tell whether an address takes no messages on a channel."""
    return any((one.channel, one.address) == (channel, address) for one in told.bounced)


def level(feedback: Feedback) -> str | None:
    """Return how good an answer is: `low`, `middle` or `high`; None where it has no scale.

    By the usual cuts: of recommendation (nps, 0 to 10) detractors reach up to 6 and promoters begin at 9; on
    other scales low is what is not above the middle, high begins at 4 of 5 and 5 of 7.
    """
    highest = feedback.scale_max or _USUAL_SCALE.get(feedback.kind)
    if not highest:
        return None
    share = feedback.score / highest
    low, high = (0.6, 0.9) if feedback.kind == "nps" else (0.5, 0.7)
    return "low" if share <= low else "high" if share >= high else "middle"


def _of_profile(profile: Profile, told: Told) -> dict[str, Any]:
    in_order = sorted(profile.consents, key=lambda one: (one.at, one.status))
    said = sorted({f"{one.channel}/{one.purpose}": one.status for one in in_order}.items())
    return {
        "locale": profile.locale,
        "language": profile.locale.partition("-")[0].lower() if profile.locale else None,
        "timezone": profile.timezone,
        "country": profile.country,
        "email": True if profile.emails else None,
        "phone": True if profile.phones else None,
        "consented": [about for about, status in said if status == "granted"],
        "withdrawn": [about for about, status in said if status == "withdrawn"],
        "bounced": _bounced(profile, told),
        "tags": [*profile.tags],
        "account": profile.account,
    }


def _bounced(profile: Profile, told: Told) -> list[str]:
    if not told.bounced:
        return []
    known = {channel: usable(profile) for channel, usable in USABLE.items()}
    return [
        channel
        for channel, addresses in known.items()
        if addresses and all(address_bounced(told, channel, one) for one in addresses)
    ]


def _of_purchases(told: Told) -> dict[str, Any]:
    if not told.purchases:
        return {}
    bought = Counter(chain.from_iterable(one.categories for one in told.purchases))
    favourites = sorted(bought, key=lambda category: (-bought[category], category))
    first = told.purchases[-1].at
    return {
        "purchases": told.purchases,
        "purchase_count": len(told.purchases),
        "first_purchase_at": first,
        "last_purchase_at": told.purchases[0].at,
        "categories": favourites[:FAVOURITES],
        "anniversary": _day_of_year(first),
    }


def _of_member(member: Member, bought: Traits) -> dict[str, Any]:
    """Loyalty counts all purchases; what it has not heard of yet is in the latest ones."""
    first = _known(min, member.first_purchase_at, bought.get("first_purchase_at"))
    last = _known(max, member.last_purchase_at, bought.get("last_purchase_at"))
    above, expiring = member.next_tier, member.points_expiring
    return {
        "tier": member.tier,
        "tier_since": member.tier_since,
        "tier_held_until": member.tier_held_until,
        "next_tier": above.tier if above else None,
        "next_tier_missing": thousandths(above.missing) if above else None,
        "next_tier_progress": _progress(member.qualifying_spend, above.missing) if above else None,
        "points": member.points,
        "points_expiring": expiring.points if expiring else None,
        "points_expire_at": expiring.at if expiring else None,
        "purchase_count": max(member.purchase_count, bought.get("purchase_count", 0)),
        "spend": thousandths(member.spend),
        "qualifying_spend": thousandths(member.qualifying_spend),
        "first_purchase_at": first,
        "last_purchase_at": last,
        "due_at": member.due_at,
        "mean_interval_days": _rhythm(member),
        "standing": member.standing,
        "repeat": member.repeat,
        "recognized_at": member.recognized_at,
        "anniversary": _day_of_year(first) if first else None,
    }


def _rhythm(member: Member) -> float | None:
    """Return the usual interval in days; where loyalty does not tell it yet, it follows from the due date."""
    if member.expected_interval_days is None and member.due_at and member.last_purchase_at:
        return round((member.due_at - member.last_purchase_at).total_seconds() / 86_400, 2)
    return member.expected_interval_days


def _of_words(told: Told, last_purchase_at: datetime | None) -> dict[str, Any]:
    feedback = told.last_feedback
    bought_since = bool(feedback and last_purchase_at and last_purchase_at > feedback.time)
    return {
        "open_complaints": sum(one.status != "resolved" for one in told.complaints),
        "last_complaint_at": told.complained_at,
        "last_resolved_at": told.resolved_at,
        "feedback": level(feedback) if feedback else None,
        "feedback_at": feedback.time if feedback else None,
        "purchased_since_feedback": bought_since if feedback else None,
        "registered_at": told.heard_at,
    }


def thousandths(amount: Amount | None) -> int | None:
    """Return money in thousandths of its currency's unit: no currency has smaller parts."""
    return int(amount.amount * THOUSAND) if amount else None


def _progress(reached: Amount | None, missing: Amount) -> int | None:
    if reached is None or (whole := reached.amount + missing.amount) <= 0:
        return None
    return max(0, min(100, int(100 * reached.amount / whole)))


def _known(choose: Any, one: datetime | None, other: datetime | None) -> datetime | None:
    return choose(one, other) if one and other else one or other


def _day_of_year(moment: datetime) -> str:
    return f"{moment.month:02}-{moment.day:02}"
