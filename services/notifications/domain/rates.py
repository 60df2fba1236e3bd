"""How much may go out at once: a rate that holds over all who send, with one number for a memory.

The generic cell rate algorithm (ITU-T I.371): every message takes up `interval`, and `full_at` is the moment
until which all intervals that were given away are used up. It may lie ahead of the clock by `burst`
intervals, no more. So in any span of time no more than `burst` and one for each interval of it are given
away.

Moments and intervals are whole microseconds: nothing is lost to rounding, and what is kept can be compared.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SECOND = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """One message in `interval` microseconds, and `burst` at once after a rest."""

    interval: int
    burst: int

    @classmethod
    def of(cls, per_second: float) -> "Limit":
        """Return the limit of a rate in messages per second; what fits into a second may come at once.

        Raises:
            ValueError: the rate is not above 0 and at most a million.
        """
        if not 0 < per_second <= SECOND:
            raise ValueError(f"a rate must be above 0 and at most {SECOND} in a second, not {per_second}")
        return cls(int(-(-SECOND // per_second)), max(1, int(per_second)))

    @property
    def ahead(self) -> int:
        """How far `full_at` may lie ahead of the clock, in microseconds."""
        return self.interval * self.burst


@dataclass(frozen=True, slots=True)
class Granted:
    """How many may go now, when the next one may (`full_at`, `next_at` in microseconds)."""

    messages: int
    full_at: int
    next_at: int


def grant(limit: Limit, full_at: int | None, wanted: int, now: int) -> Granted:
    """Give away up to `wanted`; `full_at` is what the last grant left, None before the first."""
    begin = max(now, full_at if full_at is not None else now)
    free = max(0, (now + limit.ahead - begin) // limit.interval)
    messages = min(max(0, wanted), free)
    full_at = begin + messages * limit.interval
    return Granted(messages, full_at, max(now, full_at - limit.ahead + limit.interval))


def microseconds(moment: datetime) -> int:
    """Return an aware moment as microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(microseconds: int) -> datetime:
    """Return microseconds since 1970 as a moment, cut up to the next millisecond."""
    return _EPOCH + timedelta(milliseconds=-(-microseconds // 1000))
