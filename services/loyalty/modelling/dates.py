"""Dates as files have them."""

from collections.abc import Iterable
from datetime import date, datetime

EPOCH = date(1970, 1, 1)
# Day and month in either order; which it is, a day beyond the 12th tells.
_FORMS = (
    ("%d/%m/%Y", "%m/%d/%Y"), ("%d.%m.%Y", "%m.%d.%Y"), ("%d-%m-%Y", "%m-%d-%Y"), ("%Y/%m/%d",),
)  # fmt: skip
#: Arabic and Persian digits -> those of ASCII.
DIGITS = {ord(one): str(place % 10) for place, one in enumerate("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹")}


class UnknownDate(Exception):
    """A date cannot be read, or in more than one way; the message says which and what to do.

    `text` is the date.
    """

    def __init__(self, text: str, message: str) -> None:
        super().__init__(f"{text!r}{message}")
        self.text = text


def day_number(one: date) -> int:
    """Return days since 1970-01-01."""
    return (one - EPOCH).days


def date_of(number: int) -> date:
    """Return the date of a day number."""
    return date.fromordinal(EPOCH.toordinal() + int(number))


def day_numbers(texts: Iterable[str], format: str | None = None) -> dict[str, int]:
    """Return the day number of each date: as `format` of strptime says, or as all of them can be read.

    ISO 8601 (also with a time, of which the date counts as it stands), 19970131, year, month and day between
    slashes, and day, month and year in either order.

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
        found[text] = day_number(datetime.fromisoformat(_plain(text)).date())
    except ValueError:
        return False
    return True


def _either_way(texts: list[str]) -> dict[str, int]:
    ways = {form: _read(texts, form) for pair in _FORMS for form in pair}
    longest = max(ways.values(), key=len)
    if len(longest) < len(texts):
        # The first that cannot be read as those before it can is the odd one.
        hint = "is it in a form of its own? Name it: --date-format %d.%m.%y"
        raise UnknownDate(texts[len(longest)], f" is no date as the others are; {hint}")
    for pair in _FORMS:
        whole = [ways[form] for form in pair if len(ways[form]) == len(texts)]
        if len(whole) == 2 and whole[0] != whole[1]:
            odd = next(text for text in texts if whole[0][text] != whole[1][text])
            raise UnknownDate(odd, f": the day or the month first? Say so: --date-format {pair[0]}")
    return longest


def _read(texts: list[str], form: str) -> dict[str, int]:
    """Return the day numbers of these dates, up to the first that is not of this form."""
    found: dict[str, int] = {}
    for text in texts:
        try:
            found[text] = day_number(datetime.strptime(_plain(text).partition(" ")[0], form).date())
        except ValueError:
            break
    return found


def _parsed(text: str, form: str) -> int:
    try:
        return day_number(datetime.strptime(_plain(text), form).date())
    except ValueError as error:
        raise UnknownDate(text, f" is not of the form {form}") from error


def _plain(text: str) -> str:
    """Return a date with the digits of ASCII, which Arabic dates may not have."""
    text = text.strip()
    return text if text.isascii() else text.translate(DIGITS)
