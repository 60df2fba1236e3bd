"""Purchases of many people in columns, and the trails that they leave by the end of a day."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.loyalty.domain.outlook.features import WINDOWS
from services.loyalty.domain.outlook.trail import RECENT

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

# Bits of a day number in a sort key, with room for horizons beyond the last day.
_DAY_BITS = 24


@dataclass(frozen=True, slots=True)
class Trails:
    """The trails of many people at the end of the day `today`, a row each.

    `people` says of whom they are (places in `History`); `first`, `last`, `days`, `spend` are as in `Trail`.
    Of the kept days there are sums instead: of the logarithms of their gaps, of the squares of these, and in
    `counts` how many fall into the windows that `features` looks at.
    """

    today: int
    people: Ints
    first: Ints
    last: Ints
    days: Ints
    spend: Floats
    log_gaps: Floats
    log_squares: Floats
    counts: dict[int, Ints]

    @property
    def since(self) -> Ints:
        """Days since the last purchase."""
        return self.today - self.last

    @property
    def kept_gaps(self) -> Ints:
        """Gaps between the kept days."""
        return np.minimum(self.days, RECENT) - 1


class History:
    """The different days on which people bought something, and what they spent on them.

    Args:
        people: number of the person of each purchase, from 0.
        days: day number of each.
        amounts: minor units of each; returns are negative.
    """

    def __init__(self, people: Ints, days: Ints, amounts: Floats) -> None:
        keys = (people.astype(np.int64) << _DAY_BITS) + days
        self._keys, place = np.unique(keys, return_inverse=True)
        self.amounts: Floats = np.bincount(place, weights=amounts, minlength=len(self._keys))
        self.people: Ints = self._keys >> _DAY_BITS
        self.days: Ints = self._keys & ((1 << _DAY_BITS) - 1)
        self.number = int(self.people[-1]) + 1 if len(self.people) else 0
        self._starts = np.searchsorted(self._keys, np.arange(self.number) << _DAY_BITS)
        gaps = np.diff(self.days, prepend=0).astype(float)
        gaps[np.diff(self.people, prepend=-1) > 0] = 1
        logs = np.log(gaps)
        self._log_gaps, self._log_squares, self._spent = map(_sums, (logs, logs**2, self.amounts))

    def until(self, today: int) -> "History":
        """Return what was known at the end of a day, of the people known by then, who are numbered anew."""
        known = self.days <= today
        _, people = np.unique(self.people[known], return_inverse=True)
        return History(people, self.days[known], self.amounts[known])

    def every(self, stride: int) -> "History":
        """Return the history of every so many-th person."""
        chosen = self.people % stride == 0
        return History(self.people[chosen] // stride, self.days[chosen], self.amounts[chosen])

    def at(self, today: int) -> Trails:
        """Return the trails at the end of a day of those who had bought by then."""
        ends = np.searchsorted(self._keys, (np.arange(self.number) << _DAY_BITS) + today + 1)
        known = np.flatnonzero(ends > self._starts)
        begin, end = self._starts[known], ends[known]
        kept = np.maximum(begin, end - RECENT)

        def count(window: int) -> Ints:
            since = np.searchsorted(self._keys, (known << _DAY_BITS) + today - window + 1)
            return end - np.maximum(since, kept)

        return Trails(
            today=today,
            people=known,
            first=self.days[begin],
            last=self.days[end - 1],
            days=end - begin,
            spend=self._spent[end] - self._spent[begin],
            log_gaps=self._log_gaps[end] - self._log_gaps[kept + 1],
            log_squares=self._log_squares[end] - self._log_squares[kept + 1],
            counts={window: count(window) for window in WINDOWS},
        )

    def bought(self, trails: Trails, within: int) -> Ints:
        """Return on how many of the `within` days that follow each of them bought."""
        tomorrow = (trails.people << _DAY_BITS) + trails.today + 1
        return np.searchsorted(self._keys, tomorrow + within) - np.searchsorted(self._keys, tomorrow)


def _sums(values: Floats) -> Floats:
    return np.concatenate([[0.0], np.cumsum(values)])
