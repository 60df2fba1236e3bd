"""What a member leaves behind: all that a model may know of them."""

from collections.abc import Iterable
from dataclasses import dataclass

#: So many of the days with a purchase are kept, the latest.
RECENT = 32


@dataclass(frozen=True, slots=True)
class Trail:
    """The days on which a member bought something and kept it.

    Days are UTC days, counted from 1970-01-01. A day whose purchases were all returned in full is none.

    Attributes:
        first: the first of them.
        last: the last of them.
        days: how many there are, of all times.
        recent: the last `RECENT` of them, ascending; the last is `last`.
        spend: purchases less returns of all times, in minor units of the base currency.
    """

    first: int
    last: int
    days: int
    recent: tuple[int, ...]
    spend: int


def trail_of(days: Iterable[int], spend: int) -> Trail:
    """Make the trail of who bought on these ascending days; one that is named more than once counts once.

    Raises:
        ValueError: there is no day, or they do not ascend.
    """
    different = list(dict.fromkeys(days))
    if not different:
        raise ValueError("who never bought leaves no trail")
    if different != sorted(different):
        raise ValueError("the days of a trail ascend")
    return Trail(different[0], different[-1], len(different), tuple(different[-RECENT:]), spend)
