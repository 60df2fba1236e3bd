"""Why a card says what it says: for each figure one sentence that staff understand, in both languages.

The Arabic speaks of visits and of customers in general instead of "him" or "her". Days are UTC days.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from babel import Locale
from babel.dates import format_date

_SPEECH = {language: Locale(language) for language in ("en", "ar")}
#: From so many days on they are told as weeks, and then as months.
_WEEKS, _MONTHS = 12, 100
_DAYS_A_MONTH = 30.44

# By CLDR's plural form, after a word that asks for the genitive: كل، قبل، خلال، نحو.
_UNITS: dict[str, dict[str, dict[str, str]]] = {
    "en": {
        "day": {"one": "day", "other": "{n} days"},
        "week": {"one": "week", "other": "{n} weeks"},
        "month": {"one": "month", "other": "{n} months"},
        "purchase": {"one": "1 purchase", "other": "{n} purchases"},
    },
    "ar": {
        "day": {"one": "يوم", "two": "يومين", "few": "{n} أيام", "many": "{n} يومًا", "other": "{n} يوم"},
        "week": {
            "one": "أسبوع",
            "two": "أسبوعين",
            "few": "{n} أسابيع",
            "many": "{n} أسبوعًا",
            "other": "{n} أسبوع",
        },
        "month": {"one": "شهر", "two": "شهرين", "few": "{n} أشهر", "many": "{n} شهرًا", "other": "{n} شهر"},
        "purchase": {
            "one": "عملية شراء واحدة",
            "two": "عمليتي شراء",
            "few": "{n} عمليات شراء",
            "many": "{n} عملية شراء",
            "other": "{n} عملية شراء",
        },
    },
}

_SENTENCES: dict[str, dict[str, str]] = {
    "rhythm": {
        "en": "Usually every {usual}, {since} since the last visit.",
        "ar": "الزيارات عادةً كل {usual}، وآخرها {since}.",
    },
    "once": {
        "en": "One visit so far, {since}: there is no rhythm yet.",
        "ar": "زيارة واحدة حتى الآن، وكانت {since}، ولم يتضح نمط الزيارات بعد.",
    },
    "due": {
        "en": "The next purchase is expected around {due}; in half of such cases it comes from {first} "
        "to {last}.",
        "ar": "الشراء التالي متوقع نحو {due}، وفي نصف الحالات المشابهة يقع بين {first} و{last}.",
    },
    "overdue": {
        "en": "The next purchase was expected around {due}; if it still comes, then in half of such cases "
        "by {last}.",
        "ar": "كان الشراء التالي متوقعًا نحو {due}، وإن تمّ لاحقًا ففي نصف الحالات المشابهة قبل نهاية {last}.",
    },
    "active": {
        "en": "Comes as usual; at risk only if there is no purchase by {at_risk}.",
        "ar": "الزيارات كالمعتاد، ولا يبدأ خطر الفقدان إلا إن لم يتم شراء حتى {at_risk}.",
    },
    "late": {
        "en": "Later than usual, not yet at risk: that begins on {at_risk} if there is no purchase.",
        "ar": "تأخرت الزيارة عن المعتاد، ويبدأ خطر الفقدان في {at_risk} إن لم يتم شراء.",
    },
    "at_risk": {
        "en": "At risk since {at_risk}: usually every {usual}, {since} since the last visit.",
        "ar": "خطر الفقدان قائم منذ {at_risk}: الزيارات عادةً كل {usual}، وآخرها {since}.",
    },
    "lost": {
        "en": "Probably lost since {lost}: usually every {usual}, {since} since the last visit.",
        "ar": "انقطاع نهائي على الأرجح منذ {lost}: الزيارات عادةً كل {usual}، وآخرها {since}.",
    },
    "chance": {
        "en": "Of 100 such customers about {chance} buy within 4 weeks.",
        "ar": "من كل 100 عميل في مثل هذه الحال يشتري نحو {chance} خلال 4 أسابيع.",
    },
    "still_active": {
        "en": "Of 100 such customers about {active} still buy here at all.",
        "ar": "من كل 100 عميل في مثل هذه الحال لا يزال نحو {active} يشترون هنا.",
    },
    "value": {
        "en": "About {purchases} expected within a year, worth {value} in all.",
        "ar": "المتوقع خلال سنة نحو {purchases} بقيمة {value} إجمالًا.",
    },
    "no_value": {
        "en": "Less than one purchase expected within a year, worth {value} on average.",
        "ar": "المتوقع خلال سنة أقل من عملية شراء واحدة، بقيمة {value} في المتوسط.",
    },
}


def explanations(member: Mapping[str, Any] | None) -> dict[str, dict[str, str]]:
    """Return a sentence in `en` and `ar` for each figure of a member that says what is to be expected.

    Named after what they are about: `rhythm`, `due`, `standing`, `chance`, `active`, `value`; those of which
    nothing is known are left out.
    """
    if not member or "last_purchase_at" not in member:
        return {}
    words = {language: _words(member, language) for language in _SPEECH}
    told = {name: _SENTENCES[code] for name, code in _codes(member).items() if code in _SENTENCES}
    return {
        name: {language: sentence.format(**words[language]) for language, sentence in said.items()}
        for name, said in told.items()
    }


def _codes(member: Mapping[str, Any]) -> dict[str, str | None]:
    outlook = member.get("outlook", {})
    has_rhythm = "expected_interval_days" in member
    overdue = "due_at" in member and member["due_at"] <= member["as_of"]
    return {
        "rhythm": "rhythm" if has_rhythm else "once" if member.get("purchase_count") == 1 else None,
        "due": ("overdue" if overdue else "due") if "due_window" in member else None,
        "standing": "late" if overdue and member.get("standing") == "active" else member.get("standing"),
        "chance": "chance" if outlook else None,
        "active": "still_active" if "active" in outlook else None,
        "value": ("value" if outlook["purchases"] >= 0.5 else "no_value") if outlook else None,
    }


def _words(member: Mapping[str, Any], language: str) -> dict[str, str]:
    """Return all that a sentence may name, as far as it is known."""
    outlook, window = member.get("outlook", {}), member.get("due_window", {})
    elapsed = (_day(member["as_of"]) - _day(member["last_purchase_at"])).days
    words = {"since": _ago(elapsed, language, alone="expected_interval_days" not in member)}
    if "expected_interval_days" in member:
        words["usual"] = _span(member["expected_interval_days"], language)
    moments = {"due": "due_at", "at_risk": "at_risk_at", "lost": "lost_at"}
    words |= {word: _date(_day(member[name]), language) for word, name in moments.items() if name in member}
    if window:
        words["first"] = _date(_day(window["since"]), language)
        words["last"] = _date(_day(window["until"]) - timedelta(days=1), language)
    if outlook:
        words["chance"] = str(round(100 * outlook["chance_28_days"]))
        words["active"] = str(round(100 * outlook.get("active", 0)))
        words["purchases"] = _counted(round(outlook["purchases"]), "purchase", language)
        words["value"] = f"{Decimal(outlook['value']['amount']):,.0f} {outlook['value']['currency']}"
    return words


def _ago(days: int, language: str, *, alone: bool) -> str:
    """Return how long ago a visit was; in English as "now 7 weeks", or `alone` as "7 weeks ago"."""
    if language == "ar":
        return {0: "اليوم", 1: "أمس"}.get(days) or f"قبل {_span(days, language)}"
    if alone:
        return {0: "today", 1: "yesterday"}.get(days) or f"{_span(days, language, counted=True)} ago"
    return f"now {_span(days, language, counted=True)}" if days else "not a day"


def _span(days: float, language: str, *, counted: bool = False) -> str:
    """Return a length of time in its largest fitting unit; in English `counted` says "1 week", not "week"."""
    if days < _WEEKS:
        unit, number = "day", round(days)
    elif days < _MONTHS:
        unit, number = "week", round(days / 7)
    else:
        unit, number = "month", round(days / _DAYS_A_MONTH)
    words = _counted(max(number, 1), unit, language)
    return f"1 {words}" if counted and number <= 1 else words


def _counted(number: int, unit: str, language: str) -> str:
    forms = _UNITS[language][unit]
    form = forms.get(_SPEECH[language].plural_form(number), forms["other"])
    return form.format(n=f"{number:,}")


def _date(day: date, language: str) -> str:
    return format_date(day, "d MMMM y", locale=_SPEECH[language])


def _day(moment: str) -> date:
    return datetime.fromisoformat(moment).date()
