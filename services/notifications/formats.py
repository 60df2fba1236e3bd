"""Languages, numbers, dates and names as a reader of that language expects them.

Babel knows the formats; two things are added. It writes every number in Latin digits, so the digits that CLDR
has for the locale are put in afterwards. And what somebody typed (a name, a code) stands between the Unicode
isolates U+2068 and U+2069, so that its direction cannot upset the sentence around it.
"""

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_decimal

FALLBACK = "en"
LONGEST_NAME = 80
_FIRST_STRONG_ISOLATE, _POP_ISOLATE = "\u2068", "\u2069"
# Invisible, but part of how Persian words and some emoji are written.
_JOINERS = "\u200c\u200d"
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

    def number(self, value: int) -> str:
        """Return a number, grouped and in the locale's digits."""
        return self._digits(format_decimal(value, locale=self.locale, numbering_system="default"))

    def date(self, day: date) -> str:
        """Return a day with the month's name."""
        return self._digits(format_date(day, "long", locale=self.locale))

    def plural(self, count: int) -> str:
        """Return the plural category (CLDR): zero, one, two, few, many or other."""
        return self.locale.plural_form(count)

    def _digits(self, text: str) -> str:
        return text.translate(_DIGITS.get(self.locale.default_numbering_system, {}))


@lru_cache(maxsize=512)
def speech(wanted: str | None, default: str, languages: Collection[str]) -> Speech:
    """Return the first of `wanted`, `default` and English that there is a text for (`languages`, hashable).

    A regional locale that nobody knows (`ar-XX`) counts as its language.
    """
    for tag in (wanted, default):
        locale = _parse(tag) if tag else None
        if locale is not None and locale.language in languages:
            return Speech(locale.language, locale)
    return Speech(FALLBACK, Locale.parse(FALLBACK))


@lru_cache(maxsize=4096)
def clean(text: str, longest: int = LONGEST_NAME) -> str:
    """Return one line of visible text: no line breaks, controls, direction overrides or lone surrogates."""
    visible = "".join(_visible(character) for character in unicodedata.normalize("NFC", text[: 10 * longest]))
    line = " ".join(visible.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def isolated(text: str) -> str:
    """Return foreign text, cleaned, as a unit of its own direction."""
    return f"{_FIRST_STRONG_ISOLATE}{clean(text)}{_POP_ISOLATE}"


def _parse(tag: str) -> Locale | None:
    for candidate in (tag, tag.replace("_", "-").partition("-")[0]):
        try:
            return Locale.parse(candidate.replace("_", "-"), sep="-")
        except (UnknownLocaleError, ValueError, TypeError):
            continue
    return None


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category[0] == "Z" or category == "Cc":
        return " "
    return "" if category[0] == "C" and character not in _JOINERS else character
