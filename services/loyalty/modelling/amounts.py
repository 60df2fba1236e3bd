"""Amounts as files have them."""

import re

from services.loyalty.modelling.dates import DIGITS

#: An amount beyond this is a mistake.
MOST = 10**15
# No amount needs more signs; the expression takes its time with a novel.
_LONGEST = 60
_NUMBER = re.compile(
    r"(?P<open>\()?[^\d()+-]*?(?P<sign>[+-]?)[^\W\d]*[^\w()+.,-]*"
    r"(?P<number>[.,]?\d(?:(?:[\d.,']|\s(?=\d{3}(?!\d)))*\d)?)(?:[.](?!-))?(?P<power>e[+-]?\d{1,3})?"
    r"(?P<after>-?)[^\d()+-]*(?(open)\))",
    re.ASCII | re.IGNORECASE,
)
# Blanks that do not break stand between thousands; marks of direction stand about in Arabic texts.
_SIGNS = DIGITS | str.maketrans("٫٬−’\u00a0\u202f", ".,-'  ", "\u200e\u200f\u061c")


def number_of(text: str) -> float | None:
    """Return the number in a text, None where there is none or more than one.

    A currency may stand beside it; a minus before or after it, or brackets around it, say less than nothing.
    Digits may be Arabic.
    """
    parts = _NUMBER.fullmatch(text.strip().translate(_SIGNS)) if len(text) <= _LONGEST else None
    if parts is None:
        return None
    plain = re.sub(r"['\s]", "", parts["number"])
    if "," in plain:
        # The last of both signs is the decimal one; a comma alone is, unless three digits follow it.
        comma, point = plain.rfind(","), plain.rfind(".")
        decimal = comma > point and (point >= 0 or len(plain) - comma != 4)
        plain = plain.replace(".", "").replace(",", ".") if decimal else plain.replace(",", "")
    elif plain.count(".") > 1:
        plain = plain.replace(".", "")
    try:
        value = float(plain + (parts["power"] or ""))
    except ValueError:
        return None
    below = bool(parts["sign"] == "-" or parts["after"]) != bool(parts["open"])
    return -value if below else value
