"""The frequency cap: how many messages a customer gets at most in how much time, over all campaigns.

The rows of messages are the reservations themselves: a planned row holds its place from the moment that it is
planned, and lets it go when it is dropped or fails; there is no second book that could say something else.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Cap:
    """At most so many messages within any span of this length."""

    messages: int
    within: timedelta


@dataclass(frozen=True, slots=True)
class Slot:
    """A message's place in the customer's time: sent then, or to be sent then."""

    id: str
    at: datetime
    priority: int = 50
    sent: bool = False
    in_flight: bool = False

    def outranks(self, other: "Slot") -> bool:
        """Tell which of two that are still to be sent goes first: by priority, then who was there first."""
        return (-self.priority, self.at, self.id) < (-other.priority, other.at, other.id)


@dataclass(frozen=True, slots=True)
class Room:
    """When there is room for a message.

    `at` is the first moment, by what is certain or reserved by who outranks it. `disputed` when there would
    be none at that moment if something of lower rank, which a worker has in hand, is sent after all.
    """

    at: datetime
    disputed: bool = False


def room(mine: Slot, others: Iterable[Slot], caps: Sequence[Cap]) -> Room:
    """Return when there is room for `mine`, not before `mine.at`.

    Of two workers who look at two messages of one customer at once, each after it has claimed its own, at
    least one sees the other's in flight. So the one of lower rank counts the higher as sent, and the one of
    higher rank waits until the lower is out of the way: never do both go.
    """
    rivals = [one for one in others if one.id != mine.id]
    taken = [one.at for one in rivals if one.sent or one.outranks(mine)]
    free = _free_from(mine.at, taken, caps)
    unsure = taken + [one.at for one in rivals if one.in_flight and not one.sent and not one.outranks(mine)]
    return Room(free, disputed=not _free(free, unsure, caps))


def longest(caps: Iterable[Cap]) -> timedelta:
    """Return how far back and ahead messages matter to any of the caps."""
    return max((cap.within for cap in caps), default=timedelta())


def _free_from(moment: datetime, taken: Sequence[datetime], caps: Sequence[Cap]) -> datetime:
    ends = sorted({one + cap.within for one in taken for cap in caps if one + cap.within > moment})
    # The last of these ends lies behind everything that is taken.
    return next(at for at in (moment, *ends) if _free(at, taken, caps))


def _free(moment: datetime, taken: Sequence[datetime], caps: Sequence[Cap]) -> bool:
    return all(_most_around(moment, taken, cap.within) < cap.messages for cap in caps)


def _most_around(moment: datetime, taken: Sequence[datetime], within: timedelta) -> int:
    """Return the most that any span of this length which covers the moment already holds."""
    near = [one for one in taken if abs(one - moment) < within]
    ends = [moment, *(one for one in near if one > moment)]
    return max(sum(end - within < one <= end for one in near) for end in ends)
