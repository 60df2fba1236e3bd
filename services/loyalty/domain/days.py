"""Days as the program counts them: UTC days, held as their ordinals (`date.toordinal()`)."""

from calendar import monthrange
from datetime import UTC, date, datetime
from functools import lru_cache

#: Qualifying spend counts the days that end with today, so many of them (today is one).
WINDOW = 365


def day_of(time: datetime) -> int:
    """Return the day that a UTC time falls on."""
    return time.toordinal()


@lru_cache(maxsize=8192)
def start_of(day: int) -> datetime:
    """Return the first moment of a day."""
    return datetime.fromordinal(day).replace(tzinfo=UTC)


@lru_cache(maxsize=8192)
def months_after(day: int, months: int) -> int:
    """Return the same day of a later month, or the last of that month where it has no such day."""
    since = date.fromordinal(day)
    years, month = divmod(since.month - 1 + months, 12)
    year, month = since.year + years, month + 1
    return date(year, month, min(since.day, monthrange(year, month)[1])).toordinal()
