"""The one place that reads the clock, so that everything else can be given a time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from wafa.contracts.times import to_milliseconds


def now() -> datetime:
    """Return the present moment in UTC, to the millisecond."""
    return to_milliseconds(datetime.now(UTC))


def clock_at(shift: float) -> Callable[[], datetime]:
    """Return a clock that is ahead by so many seconds, or behind: demos play the past with it."""
    return lambda: now() + timedelta(seconds=shift)
