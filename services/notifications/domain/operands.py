"""The values that traits are compared with: read from JSON by the kind of the trait, and written back."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from services.notifications.domain.rule import (
    Day,
    DayOfYear,
    DaysFromNow,
    Instant,
    Operand,
    RuleError,
    Start,
    When,
)
from services.notifications.domain.traits import THOUSAND, Kind

LONGEST_TEXT = 200
FARTHEST_DAYS = 36_500
LARGEST = 2**53

_MONEY = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,3})?", re.ASCII)
_DAY = re.compile(r"(19|2[0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}", re.ASCII)
_INSTANT = re.compile(_DAY.pattern + r"T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})")
_DAY_OF_YEAR = re.compile(r"[0-9]{2}-[0-9]{2}", re.ASCII)
_RELATIVE = ("days_ago", "days_ahead")


def operand(kind: Kind, content: object, path: str) -> Operand:
    """Return what is compared with a trait of this kind.

    Raises:
        RuleError: the content is no such value.
    """
    return _READERS[kind](content, path)


def plain_operand(kind: Kind, value: Operand) -> Any:
    """Return an operand as JSON content."""
    match value:
        case Day(on):
            return on.isoformat()
        case Instant(at):
            return at.isoformat().replace("+00:00", "Z")
        case DaysFromNow(days):
            return {"days_ahead": days} if days > 0 else {"days_ago": -days}
        case Start():
            return {"start": True}
        case DayOfYear(day):
            return day
        case bool():  # of `exists`, whatever the kind; to Python it is an int
            return value
        case int() if kind is Kind.MONEY:
            return format(Decimal(value) / THOUSAND, "f")
        case _:
            return value


def shown(content: object, *, bare: bool = False) -> str:
    """Return a value from outside so that it can stand in a message: short, and without line breaks."""
    text = content if bare and isinstance(content, str) else repr(content)
    text = "".join(one if one.isprintable() else "?" for one in text[:60])
    return text if len(text) < 60 else f"{text[:57]}..."


def _text(content: object, path: str) -> str:
    if not isinstance(content, str):
        raise RuleError(path, f"must be a string, not {shown(content)}")
    if not 1 <= len(content) <= LONGEST_TEXT:
        raise RuleError(path, f"must have 1 to {LONGEST_TEXT} characters, not {len(content)}")
    if any(one == "\0" or "\ud800" <= one <= "\udfff" for one in content):
        raise RuleError(path, "must be text without NUL and half characters")
    return content


def _number(content: object, path: str) -> int | float:
    if isinstance(content, bool) or not isinstance(content, int | float):
        raise RuleError(path, f"must be a number, not {shown(content)}")
    if not math.isfinite(content) or abs(content) > LARGEST:
        raise RuleError(path, f"must be a number from -2^53 to 2^53, not {shown(content)}")
    return content


def _money(content: object, path: str) -> int:
    if not isinstance(content, str) or not _MONEY.fullmatch(content):
        raise RuleError(path, f'must be a decimal string such as "29.33", not {shown(content)}')
    return int(Decimal(content) * THOUSAND)


def _flag(content: object, path: str) -> bool:
    if not isinstance(content, bool):
        raise RuleError(path, f"must be true or false, not {shown(content)}")
    return content


def _moment(content: object, path: str) -> When:
    if content == {"start": True} and isinstance(content, dict) and content["start"] is True:
        return Start()
    if isinstance(content, dict):
        return _relative(content, path)
    if isinstance(content, str) and _DAY.fullmatch(content):
        return Day(date.fromisoformat(_on_the_calendar(content, path)))
    if isinstance(content, str) and _INSTANT.fullmatch(content):
        at = datetime.fromisoformat(_on_the_calendar(content, path)).astimezone(UTC)
        return Instant(at.replace(microsecond=at.microsecond // 1000 * 1000))
    raise RuleError(
        path,
        'must be a day such as "2026-01-31", a moment such as "2026-01-31T10:00:00Z", {"days_ago": 60}, '
        f'{{"days_ahead": 7}} or {{"start": true}}, not {shown(content)}',
    )


def _day_of_year(content: object, path: str) -> Operand:
    if isinstance(content, dict):
        return _relative(content, path)
    if isinstance(content, str) and _DAY_OF_YEAR.fullmatch(content):
        _on_the_calendar(f"2000-{content}", path)
        return DayOfYear(content)
    raise RuleError(
        path, f'must be a day of the year such as "03-14" or {{"days_ahead": 7}}, not {shown(content)}'
    )


def _relative(content: Mapping[Any, Any], path: str) -> DaysFromNow:
    name = next(iter(content), None)
    if len(content) != 1 or name not in _RELATIVE:
        raise RuleError(path, f'must be {{"days_ago": n}} or {{"days_ahead": n}}, not {shown(content)}')
    days = content[name]
    if type(days) is not int or not 0 <= days <= FARTHEST_DAYS:
        at = f"{path}.{name}"
        raise RuleError(at, f"must be a whole number from 0 to {FARTHEST_DAYS}, not {shown(days)}")
    return DaysFromNow(days if name == "days_ahead" else -days)


def _on_the_calendar(text: str, path: str) -> str:
    try:
        datetime.fromisoformat(text)
    except ValueError as error:
        raise RuleError(path, f"names a day or time that does not exist: {shown(text)}") from error
    return text


def _none(content: object, path: str) -> Operand:
    raise RuleError(path, "takes no value but true or false")


_READERS: Mapping[Kind, Callable[[object, str], Operand]] = {
    Kind.TEXT: _text,
    Kind.TEXTS: _text,
    Kind.NUMBER: _number,
    Kind.MONEY: _money,
    Kind.MOMENT: _moment,
    Kind.DAY_OF_YEAR: _day_of_year,
    Kind.FLAG: _flag,
    Kind.PRESENCE: _none,
}
