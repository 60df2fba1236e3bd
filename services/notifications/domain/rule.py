"""The words of the segment language: what a rule is made of, once it has been read and found sound."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

MILLISECOND = timedelta(milliseconds=1)
DAY = timedelta(days=1)


class RuleError(ValueError):
    """A rule cannot be understood; `path` says where in it (`and[0].value`), `message` what was expected."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path
        self.message = message


class Span(NamedTuple):
    """What an operand stands for: every value from `low` to `high`, both included."""

    low: object
    high: object


@dataclass(frozen=True, slots=True)
class Day:
    """A whole UTC day of the calendar."""

    on: date


@dataclass(frozen=True, slots=True)
class Instant:
    """A moment, to the millisecond."""

    at: datetime


@dataclass(frozen=True, slots=True)
class DaysFromNow:
    """The whole UTC day so many days after the present one; before it, where `days` is negative."""

    days: int


@dataclass(frozen=True, slots=True)
class Start:
    """The moment at which the customer's journey began."""


When = Day | Instant | DaysFromNow | Start


@dataclass(frozen=True, slots=True)
class DayOfYear:
    """A day of the calendar without its year, as MM-DD."""

    day: str


Operand = str | int | float | bool | When | DayOfYear


@dataclass(frozen=True, slots=True)
class Comparison:
    """A trait compared with a value; `in` and `between` have a tuple of them. Money is in thousandths."""

    field: str
    op: str
    value: Operand | tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Bought:
    """How many purchases fall into a window of whole UTC days, of a category or of any.

    Looks at the latest 100 purchases of a customer. `at_most` is None for "any number".
    """

    from_days_ago: int
    to_days_ago: int
    category: str | None
    at_least: int
    at_most: int | None


@dataclass(frozen=True, slots=True)
class And:
    """All of the rules hold."""

    rules: tuple["Rule", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of the rules holds."""

    rules: tuple["Rule", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The rule does not hold."""

    rule: "Rule"


@dataclass(frozen=True, slots=True)
class Named:
    """A segment that is defined elsewhere, by its name."""

    name: str
    rule: "Rule"


Rule = And | Or | Not | Named | Comparison | Bought


def span(operand: Operand, now: datetime, start: datetime | None) -> Span:
    """Return what an operand stands for at `now`.

    Raises:
        RuleError: it speaks of the start of a journey where there is none.
    """
    match operand:
        case Day(on):
            return _whole_day(on)
        case DaysFromNow(days):
            return _whole_day(now.astimezone(UTC).date() + timedelta(days=days))
        case Instant(at):
            return Span(at, at)
        case Start():
            if start is None:
                raise RuleError("", 'only the steps of a journey may use {"start": true}')
            at = start.replace(microsecond=start.microsecond // 1000 * 1000)
            return Span(at, at)
        case _:
            return Span(operand, operand)


def window(bought: Bought, now: datetime) -> Span:
    """Return the moments that a purchase must be within, both included."""
    first = span(DaysFromNow(-bought.from_days_ago), now, None)
    return Span(first.low, span(DaysFromNow(-bought.to_days_ago), now, None).high)


def days_of_year(comparison: Comparison, now: datetime) -> tuple[str, ...]:
    """Return the days, as MM-DD, that a comparison of a day of the year speaks of.

    Between two days lie those that follow the first, across the end of the year if need be. Where the year
    that is meant has no 29 February, its anniversaries fall on the 28th.
    """
    given = comparison.value if isinstance(comparison.value, tuple) else (comparison.value,)
    meant = [_days_meant(one, now) for one in given]
    if comparison.op != "between":
        return tuple(dict.fromkeys(day for days in meant for day in days))
    first, last = _CALENDAR.index(meant[0][0]), _CALENDAR.index(meant[1][-1])
    return _CALENDAR[first : last + 1] if first <= last else _CALENDAR[first:] + _CALENDAR[: last + 1]


#: All days of a leap year.
_CALENDAR = tuple((date(2000, 1, 1) + timedelta(days=number)).strftime("%m-%d") for number in range(366))


def _days_meant(operand: Operand, now: datetime) -> tuple[str, ...]:
    if isinstance(operand, DayOfYear):
        return (operand.day,)
    assert isinstance(operand, DaysFromNow)
    day = now.astimezone(UTC).date() + timedelta(days=operand.days)
    eve = day.month == 2 and (day + DAY).month == 3
    return ("02-28", "02-29") if eve and day.day == 28 else (day.strftime("%m-%d"),)


def _whole_day(day: date) -> Span:
    low = datetime.combine(day, time(), UTC)
    return Span(low, low + DAY - MILLISECOND)
