"""Quiet hours: the part of the day, by the clock on the customer's wall, in which nobody is disturbed."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `start` until just before `end`, every day; over midnight when `end` is the earlier one.

    Equal times mean no quiet hours.
    """

    start: time
    end: time

    def cover(self, at: time) -> bool:
        """Tell whether this time of day is a quiet one."""
        if self.start <= self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end


def quiet_until(now: datetime, quiet: QuietHours, zone: str) -> datetime | None:
    """Return when (UTC) the quiet hours that cover `now` in `zone` end; None outside of them.

    An end that the spring change skips is taken where the old offset puts it, that is after the gap; of an
    end that the autumn change repeats, the one that still lies ahead counts.
    """
    local = now.astimezone(ZoneInfo(zone))
    if not quiet.cover(local.time()):
        return None
    tomorrow = quiet.end <= local.time()
    day = local.date() + timedelta(days=tomorrow)
    end = datetime.combine(day, quiet.end, local.tzinfo).replace(fold=0 if tomorrow else local.fold)
    return end.astimezone(UTC)


@lru_cache(maxsize=1024)
def known_zone(name: str | None, default: str) -> str:
    """Return `name` when it names a time zone, else `default`."""
    try:
        return ZoneInfo(name).key if name else default
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return default
