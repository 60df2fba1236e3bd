"""The days on which a customer bought something and kept it, open for writing; closed into a `Trail`."""

from datetime import date

from services.loyalty.domain.errors import Forgotten
from services.loyalty.domain.outlook.trail import RECENT, Trail

_EPOCH = date(1970, 1, 1).toordinal()


class Footprints:
    """Days, by their ordinals, oldest first. Opened from a trail, it knows only the recent ones of it."""

    __slots__ = ("_count", "_days", "_first", "_remembers_all")

    def __init__(self, trail: Trail | None) -> None:
        """Open the trail; None is that of a customer who has kept nothing."""
        self._days = [day + _EPOCH for day in trail.recent] if trail else []
        self._count = trail.days if trail else 0
        self._first = trail.first + _EPOCH if trail else 0
        self._remembers_all = self._count == len(self._days)

    @property
    def last(self) -> int:
        """The last of the days, 0 when there is none."""
        return self._days[-1] if self._days else 0

    def add(self, day: int) -> None:
        """Something was bought on this day, which is the last one or a later one."""
        if self._days and self._days[-1] == day:
            return
        if not self._days:
            self._first = day
        self._days.append(day)
        self._count += 1

    def remove(self, day: int) -> None:
        """All that was bought on this day has gone back.

        Raises:
            Forgotten: another day would have to take its place, and is not known.
        """
        if not self._remembers_all:
            raise Forgotten(f"nothing is left of day {day}, and older days are not remembered")
        self._days.remove(day)
        self._count -= 1
        if self._days:
            self._first = self._days[0]

    def trail(self, spend: int) -> Trail | None:
        """Close it. `spend` is what was bought less what went back, in minor units."""
        if not self._days:
            return None
        recent = tuple([day - _EPOCH for day in self._days[-RECENT:]])
        return Trail(self._first - _EPOCH, recent[-1], self._count, recent, spend)
