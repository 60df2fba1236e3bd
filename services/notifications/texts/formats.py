"""Languages, numbers, money, days and hours as a reader of that language expects them.

Babel knows the formats; one thing is added. It writes every number in Latin digits, so the digits that CLDR
has for the locale are put in afterwards.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, get_datetime_format
from babel.numbers import format_currency, format_decimal

FALLBACK = "en"
_DIGITS = {
    "arab": str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"),
    "arabext": str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"),
}


@dataclass(frozen=True, slots=True)
class Speech:
    """How to speak to a reader: the `language` of the text, and the locale of its numbers and dates."""

    language: str
    locale: Locale

    @property
    def direction(self) -> str:
        """`rtl` or `ltr`."""
        return self.locale.text_direction

    def number(self, value: int | Decimal) -> str:
        """Return a number, grouped and in the locale's digits."""
        return _number(self.locale, value)

    def money(self, amount: Decimal, currency: str) -> str:
        """Return an amount with its currency (ISO 4217), to as many places as the currency has."""
        return _money(self.locale, amount, currency)

    def date(self, day: date) -> str:
        """Return a day with the month's name."""
        return _date(self.locale, day)

    def time(self, moment: datetime, zone: str) -> str:
        """Return the hour and minute of an aware moment, in a time zone."""
        return _time(self.locale, moment.astimezone(ZoneInfo(zone)).time())

    def moment(self, moment: datetime, zone: str) -> str:
        """Return the day, hour and minute of an aware moment, in a time zone."""
        there = moment.astimezone(ZoneInfo(zone))
        pattern = _joint(self.locale)
        return pattern.replace("{1}", self.date(there.date())).replace(
            "{0}", _time(self.locale, there.time())
        )

    def plural(self, count: int) -> str:
        """Return the plural category (CLDR): zero, one, two, few, many or other."""
        return self.locale.plural_form(count)


@lru_cache(maxsize=512)
def speech(wanted: str | None, default: str, languages: Collection[str]) -> Speech:
    """Return the first of `wanted`, `default` and English that there is a text for (`languages`, hashable).

    Where there is none of these either, it is the first by name of those that there are. A regional locale
    that nobody knows (`ar-XX`) counts as its language.
    """
    for tag in (wanted, default, FALLBACK, *sorted(languages)):
        locale = _parse(tag) if tag else None
        if locale is not None and locale.language in languages:
            return Speech(locale.language, locale)
    return Speech(FALLBACK, Locale.parse(FALLBACK))


def _parse(tag: str) -> Locale | None:
    for candidate in (tag, tag.replace("_", "-").partition("-")[0]):
        try:
            return Locale.parse(candidate.replace("_", "-"), sep="-")
        except (UnknownLocaleError, ValueError, TypeError):
            continue
    return None


# Many customers share a day, a tier's distance, a number of points; Babel takes 20 us for each.


@lru_cache(maxsize=8192)
def _number(locale: Locale, value: int | Decimal) -> str:
    return _digits(locale, format_decimal(value, locale=locale, numbering_system="default"))


@lru_cache(maxsize=8192)
def _money(locale: Locale, amount: Decimal, currency: str) -> str:
    return _digits(locale, format_currency(amount, currency, locale=locale, numbering_system="default"))


@lru_cache(maxsize=2048)
def _date(locale: Locale, day: date) -> str:
    return _digits(locale, format_date(day, "long", locale=locale))


@lru_cache(maxsize=2048)
def _time(locale: Locale, hour: time) -> str:
    # Without a zone: two moments that are equal would be one to the cache, whatever the clocks show.
    return _digits(locale, format_time(hour, "short", locale=locale))


@lru_cache
def _joint(locale: Locale) -> str:
    """Return how a day, `{1}`, and an hour, `{0}`, stand side by side."""
    return str(get_datetime_format("long", locale)).replace("'", "")


def _digits(locale: Locale, text: str) -> str:
    return text.translate(_DIGITS.get(locale.default_numbering_system, {}))
