"""What a text can ask for, with samples for previews and for the linter."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

Kind = Literal["name", "code", "tier", "count", "day", "moment", "money", "link"]


@dataclass(frozen=True, slots=True)
class Variable:
    """A value that a text can show.

    Kinds: `name` and `code` are what somebody typed, `tier` the code of a tier (shown by its title), `count`
    an integer, `day` a date, `moment` an aware datetime, `money` a mapping of `amount` and `currency`, `link`
    an address of the web or of mail. `samples` are by language. Whoever is written to has it, if `always`.
    """

    kind: Kind
    meaning: str
    samples: Mapping[str, object]
    always: bool = False


def _same(sample: object) -> dict[str, object]:
    return {"ar": sample, "en": sample}


#: As long as they really are: that counts in an SMS.
_LINK = "https://bayt.example/{}/WyJhbnN3ZXIiLCJiY2E4YzliZC1hY2RhLTQ5MmUtYWM1My1mYzA4ZDY3NDBmYmUiLCJ5ZXMiXQ.{}ExB9w9sxWxYxRVecUAef47viE"

#: Name of the variable -> what it is. Every text can ask for all of them; what a customer lacks is `None`.
VARIABLES: Mapping[str, Variable] = {
    "name": Variable("name", "the customer's name", {"ar": "سارة المنصوري", "en": "Sara Mansour"}),
    "brand": Variable("name", "the company's name", {"ar": "بيت القهوة", "en": "Bayt Coffee"}, always=True),
    "contact": Variable("code", "the address for answers", _same("care@bayt.example"), always=True),
    "today": Variable("day", "the customer's day", _same(date(2026, 3, 4)), always=True),
    "tier": Variable("tier", "the customer's tier", _same("gold"), always=True),
    "points": Variable("count", "points that can be spent", _same(1203), always=True),
    "next_tier": Variable("tier", "the tier above", _same("platinum")),
    "next_tier_missing": Variable(
        "money", "what is still to be spent for the tier above", _same({"amount": "46.50", "currency": "USD"})
    ),
    "points_expiring": Variable("count", "points that expire next", _same(240)),
    "points_expire_at": Variable("moment", "when they expire", _same(datetime(2026, 3, 31, 21, tzinfo=UTC))),
    "first_purchase_at": Variable(
        "moment", "the first purchase", _same(datetime(2024, 3, 4, 9, 30, tzinfo=UTC))
    ),
    "last_purchase_at": Variable(
        "moment", "the last purchase", _same(datetime(2026, 1, 5, 14, 20, tzinfo=UTC))
    ),
    "due_at": Variable("moment", "when the next purchase is due", _same(datetime(2026, 3, 6, 9, tzinfo=UTC))),
    "purchase_count": Variable("count", "purchases so far", _same(14)),
    "years": Variable("count", "whole years since the first purchase", _same(2)),
    "granted": Variable("count", "points given as compensation", _same(200)),
    "coupon": Variable("code", "a code to be used at the till or in the shop", _same("SPRING-15")),
    "complaint_category": Variable("name", "what the complaint was about", {"ar": "توصيل", "en": "delivery"}),
    "unsubscribe": Variable(
        "link", "stops promotion by this channel", _same(_LINK.format("u", "Un")), always=True
    ),
    "answer_yes": Variable("link", "says that the complaint is solved", _same(_LINK.format("a", "Ye"))),
    "answer_no": Variable("link", "says that it is not, and reopens it", _same(_LINK.format("a", "No"))),
}


def samples(language: str, **changes: object) -> dict[str, object]:
    """Return data for a preview in a language: Arabic samples for Arabic, English ones for all others."""
    chosen = "ar" if language == "ar" else "en"
    data = {name: variable.samples[chosen] for name, variable in VARIABLES.items()}
    return data | {"zone": "Asia/Riyadh" if chosen == "ar" else "Europe/London"} | changes


def longest(language: str) -> dict[str, object]:
    """Return samples that take much room: a long name, large numbers."""
    name = (
        "عبد الرحمن بن عبد العزيز المنصوري" if language == "ar" else "Alexandra Konstantinopoulou-Whittington"
    )
    return {"name": name, "points": 1_234_567, "points_expiring": 123_456, "granted": 10_000}
