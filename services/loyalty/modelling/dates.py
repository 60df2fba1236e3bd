"""Dates as files have them."""

from collections.abc import Iterable
from datetime import date, datetime

EPOCH = date(1970, 1, 1)
# Day and month in either order; which it is, a day beyond the 12th tells.
_EITHER = ("%d/%m/%Y", "%m/%d/%Y"), ("%d.%m.%Y", "%m.%d.%Y"), ("%d-%m-%Y", "%m-%d-%Y")


class UnknownDate(Exception):
    """A date cannot be read, or in more than one way; the message says which and what to do."""


def day_number(one: date) -> int:
    """Return days since 1970-01-01."""
    return (one - EPOCH).days


def date_of(number: int) -> date:
    """Return the date of a day number."""
    return date.fromordinal(EPOCH.toordinal() + int(number))


def day_numbers(texts: Iterable[str], format: str | None = None) -> dict[str, int]:
    """Return the day number of each date: as `format` of strptime says, or as all of them can be read.

    ISO 8601 (also with a time, of which the date counts as it stands), 19970131, and day, month and year.

    Raises:
        UnknownDate: with the text that cannot be read.
    """
    different = list(dict.fromkeys(texts))
    if format is not None:
        return {text: _parsed(text, format) for text in different}
    found: dict[str, int] = {}
    rest = [text for text in different if not _iso(text, found)]
    return found | (_either_way(rest) if rest else {})


def _iso(text: str, found: dict[str, int]) -> bool:
    try:
        found[text] = day_number(datetime.fromisoformat(text.strip()).date())
    except ValueError:
        return False
    return True


def _either_way(texts: list[str]) -> dict[str, int]:
    days = {text: text.strip().partition(" ")[0] for text in texts}
    for pair in _EITHER:
        ways = [way for way in (_all(days, format) for format in pair) if way is not None]
        if len(ways) == 2 and ways[0] != ways[1]:
            raise UnknownDate(f"{texts[0]!r}: the day or the month first? Say so: --date-format {pair[0]}")
        if ways:
            return ways[0]
    raise UnknownDate(f"{texts[0]!r} is no date; is it in a form of its own? Name it: --date-format %d.%m.%y")


def _all(days: dict[str, str], format: str) -> dict[str, int] | None:
    try:
        return {text: day_number(datetime.strptime(day, format).date()) for text, day in days.items()}
    except ValueError:
        return None


def _parsed(text: str, format: str) -> int:
    try:
        return day_number(datetime.strptime(text.strip(), format).date())
    except ValueError as error:
        raise UnknownDate(f"{text!r} is not of the form {format}") from error
