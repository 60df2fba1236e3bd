"""What is known of a customer, as a text may see it."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from services.notifications.texts.foreign import clean
from services.notifications.texts.text import Titles
from services.notifications.texts.titles import tier_title
from services.notifications.texts.variables import VARIABLES

LONGEST_CODE = 320
LONGEST_LINK = 2048
_NOT_GIVEN: Mapping[str, object] = dict.fromkeys(VARIABLES)


def readable(data: Mapping[str, object], titles: Titles, language: str) -> dict[str, object]:
    """Return data by the kinds of `VARIABLES`; what is not given is `None`.

    Everything that somebody typed is one clean line, tiers have their titles in the language, and days and
    moments that came as text are days and moments.

    Raises:
        ValueError: a value is not of its kind; the message names the variable.
    """
    seen = dict(_NOT_GIVEN)
    for name, value in data.items():
        read = _READ.get(name, _other)
        try:
            seen[name] = value if value is None or read is None else read(value)
        except (TypeError, ValueError, AttributeError) as error:
            raise ValueError(f"{name}: {error}") from error
    for name in _TIERS:
        if code := seen[name]:
            seen[name] = tier_title(titles, str(code), language)
    return seen


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment


def _link(address: str) -> str:
    if not address.startswith(("https://", "http://", "mailto:")) or len(address) > LONGEST_LINK:
        raise ValueError(f"a link begins with https:// and has up to {LONGEST_LINK:,} characters")
    if " " in address or clean(address, LONGEST_LINK) != address:
        raise ValueError("a link is one word of visible characters")
    return address


def _code(value: str) -> str:
    return clean(value, LONGEST_CODE)


def _day(value: date | str) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def _moment(value: datetime | str) -> datetime:
    return _aware(value if isinstance(value, datetime) else datetime.fromisoformat(value))


def _other(value: object) -> object:
    return _code(value) if isinstance(value, str) else value


#: By kind: what makes it readable, if anything has to. An empty link or tier is none.
_READERS: Mapping[str, Callable[[Any], object] | None] = {
    "name": clean,
    "code": _code,
    "tier": lambda value: value or None,
    "count": None,
    "day": _day,
    "moment": _moment,
    "money": None,
    "link": lambda value: _link(value) if value else None,
}
_READ = {name: _READERS[variable.kind] for name, variable in VARIABLES.items()}
_TIERS = frozenset(name for name, variable in VARIABLES.items() if variable.kind == "tier")
