"""What is known of a customer, as a text may see it."""

from collections.abc import Mapping
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
        variable = VARIABLES.get(name)
        try:
            seen[name] = _read(variable.kind if variable else None, value, titles, language)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{name}: {error}") from error
    return seen


def _read(kind: str | None, value: Any, titles: Titles, language: str) -> object:
    if value is None or (value == "" and kind in ("tier", "link")):
        return None
    match kind:
        case "name":
            return clean(value)
        case "code":
            return clean(value, LONGEST_CODE)
        case "tier":
            return tier_title(titles, value, language)
        case "day":
            return value if isinstance(value, date) else date.fromisoformat(value)
        case "moment":
            return _aware(value if isinstance(value, datetime) else datetime.fromisoformat(value))
        case "link":
            return _link(value)
        case "money" | "count":
            return value
        case _:
            return clean(value, LONGEST_CODE) if isinstance(value, str) else value


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
