"""Segments to start from. Each is a rule like those that people write, by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Predefined:
    """A segment with its name for people and what it means, by language."""

    title: Mapping[str, str]
    about: Mapping[str, str]
    rule: Mapping[str, Any]


def _is(field: str, op: str, value: object) -> dict[str, Any]:
    return {"field": field, "op": op, "value": value}


def _all(*rules: dict[str, Any]) -> dict[str, Any]:
    return {"and": [*rules]}


_TODAY = {"days_ahead": 0}

PREDEFINED: Mapping[str, Predefined] = {
    "new": Predefined(
        {"en": "New", "ar": "جدد"},
        {
            "en": "Bought for the first time within 30 days, and once so far.",
            "ar": "اشتروا أول مرة خلال الثلاثين يومًا الماضية، ومرة واحدة حتى الآن.",
        },
        _all(_is("first_purchase_at", "ge", {"days_ago": 30}), _is("purchase_count", "eq", 1)),
    ),
    "repeat": Predefined(
        {"en": "Repeat", "ar": "عائدون"},
        {
            "en": "Repeat customers by the rule of the loyalty program.",
            "ar": "عملاء عادوا للشراء وفق قاعدة برنامج الولاء.",
        },
        _is("repeat", "eq", True),
    ),
    "loyal": Predefined(
        {"en": "Loyal", "ar": "أوفياء"},
        {
            "en": "At least 4 purchases, the last within 180 days.",
            "ar": "أربع مشتريات على الأقل، آخرها خلال 180 يومًا.",
        },
        _all(_is("purchase_count", "ge", 4), _is("last_purchase_at", "ge", {"days_ago": 180})),
    ),
    "at_risk": Predefined(
        {"en": "At risk", "ar": "معرضون للفقدان"},
        {
            "en": "Repeat customers more than 30 days late by their own rhythm, who bought within a year.",
            "ar": "عملاء عائدون تأخروا أكثر من 30 يومًا عن إيقاعهم المعتاد، واشتروا خلال سنة.",
        },
        _all(
            _is("due_at", "lt", {"days_ago": 30}),
            _is("last_purchase_at", "ge", {"days_ago": 365}),
            _is("repeat", "eq", True),
        ),
    ),
    "lost": Predefined(
        {"en": "Lost", "ar": "مفقودون"},
        {
            "en": "Bought once upon a time, and not for more than a year.",
            "ar": "اشتروا سابقًا، ولم يشتروا منذ أكثر من سنة.",
        },
        _is("last_purchase_at", "lt", {"days_ago": 365}),
    ),
    "nearly_promoted": Predefined(
        {"en": "Nearly promoted", "ar": "على وشك الترقية"},
        {
            "en": "At least 80% of the way to the next tier, and bought within 90 days.",
            "ar": "قطعوا 80% على الأقل من الطريق إلى الفئة التالية، واشتروا خلال 90 يومًا.",
        },
        _all(_is("next_tier_progress", "ge", 80), _is("last_purchase_at", "ge", {"days_ago": 90})),
    ),
    "due_now": Predefined(
        {"en": "Due now", "ar": "حان موعد شرائهم"},
        {
            "en": "By their own rhythm the next purchase is due: within the last 14 days, up to today.",
            "ar": "حان موعد شرائهم التالي وفق إيقاعهم المعتاد: خلال آخر 14 يومًا وحتى اليوم.",
        },
        _is("due_at", "between", [{"days_ago": 14}, _TODAY]),
    ),
    "points_expiring": Predefined(
        {"en": "Points expiring", "ar": "نقاط على وشك الانتهاء"},
        {
            "en": "Points of theirs expire within the next 30 days.",
            "ar": "تنتهي صلاحية بعض نقاطهم خلال الثلاثين يومًا القادمة.",
        },
        _all(
            _is("points_expire_at", "between", [_TODAY, {"days_ahead": 30}]),
            _is("points_expiring", "gt", 0),
        ),
    ),
    "quiet_complainers": Predefined(
        {"en": "Quiet complainers", "ar": "المتذمرون بصمت"},
        {
            "en": "Gave low feedback within a year, opened no complaint that is still open, and have not "
            "bought since.",
            "ar": "أعطوا تقييمًا منخفضًا خلال سنة، وليست لهم شكوى مفتوحة، ولم يشتروا بعده.",
        },
        _all(
            _is("feedback", "eq", "low"),
            _is("feedback_at", "ge", {"days_ago": 365}),
            _is("purchased_since_feedback", "eq", False),
            _is("open_complaints", "eq", 0),
        ),
    ),
}
