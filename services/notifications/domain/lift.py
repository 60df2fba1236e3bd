"""What a campaign brought about: purchases of those who were contacted against those who were held out.

A share that is seen in a few hundred people is one of many that could have been seen; each figure therefore
comes with the interval that holds the true one in 95 of 100 cases.

Sources:
    Wilson's score interval of one share: R. G. Newcombe, Two-sided confidence intervals for the single
    proportion: comparison of seven methods, Statistics in Medicine 17 (1998) 857-872, method 3.
    Hybrid score interval of a difference: R. G. Newcombe, Interval estimation for the difference between
    independent proportions: comparison of eleven methods, Statistics in Medicine 17 (1998) 873-890,
    method 10. Both stay within what is possible and hold for small groups and for shares near 0.
    When there are too few to say anything: W. G. Cochran, Some methods for strengthening the common
    chi-squared tests, Biometrics 10 (1954) 417-451: at least 5 are to be expected in each cell.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

#: Quantile of the normal distribution for 95 of 100.
_Z = 1.959963984540054
#: So many buyers, and so many who do not buy, are to be expected in each group, if both did the same.
FEWEST_EXPECTED = 5


@dataclass(frozen=True, slots=True)
class Interval:
    """From `low` to `high`, both included."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Group:
    """So many people, of whom `converted` bought in time."""

    people: int
    converted: int

    def __post_init__(self) -> None:
        if not 0 <= self.converted <= self.people:
            raise ValueError(f"converted must be between 0 and {self.people} people, not {self.converted}")

    @property
    def rate(self) -> float | None:
        """The share that bought; None of nobody."""
        return self.converted / self.people if self.people else None

    @property
    def interval(self) -> Interval:
        """Between which shares the true one lies: Wilson's score interval; of nobody anything is possible."""
        return wilson(self.converted, self.people)


class Verdict(StrEnum):
    """What can be said of a difference."""

    TOO_FEW = "too_few"
    MORE = "more"
    FEWER = "fewer"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Lift:
    """How much larger the share of buyers is among the contacted than among the held out.

    `difference` and `interval` are shares (0.03: 3 more buyers of 100 contacted), `relative` is the
    difference as a part of the share of the held out (0.5: half as many again), None where none of them
    bought. `extra` is how many of the contacted would not have bought.
    """

    difference: float
    interval: Interval
    relative: float | None
    extra: float
    verdict: Verdict


def wilson(successes: int, trials: int) -> Interval:
    """Return the score interval of a share."""
    if not trials:
        return Interval(0.0, 1.0)
    share = successes / trials
    centre = 2 * successes + _Z**2
    margin: float = _Z * (_Z**2 + 4 * successes * (1 - share)) ** 0.5
    whole = 2 * (trials + _Z**2)
    # What rounding leaves of 0 or 1 is set right: no share lies outside of its own interval.
    return Interval(
        min(share, max(0.0, (centre - margin) / whole)), max(share, min(1.0, (centre + margin) / whole))
    )


def lift(contacted: Group, held_out: Group) -> Lift | None:
    """Compare two groups that chance has put together; None when one of them is empty."""
    if contacted.rate is None or held_out.rate is None:
        return None
    difference = contacted.rate - held_out.rate
    interval = _newcombe(contacted, held_out, difference)
    return Lift(
        difference,
        interval,
        difference / held_out.rate if held_out.rate else None,
        difference * contacted.people,
        _verdict(contacted, held_out, interval),
    )


def enough(one: Group, other: Group) -> bool:
    """Tell whether two groups are large enough for anybody to draw a conclusion from their difference."""
    people = one.people + other.people
    converted = one.converted + other.converted
    rarer = min(converted, people - converted)
    smaller = min(one.people, other.people)
    return bool(people) and rarer * smaller >= FEWEST_EXPECTED * people


def per_head(minor: int, people: int) -> Decimal | None:
    """Return what each of these people spent on average, in minor units; None of nobody."""
    return Decimal(minor) / people if people else None


def _newcombe(one: Group, other: Group, difference: float) -> Interval:
    p, q = one.rate or 0.0, other.rate or 0.0
    first, second = one.interval, other.interval
    below: float = ((p - first.low) ** 2 + (second.high - q) ** 2) ** 0.5
    above: float = ((first.high - p) ** 2 + (q - second.low) ** 2) ** 0.5
    return Interval(max(-1.0, difference - below), min(1.0, difference + above))


def _verdict(contacted: Group, held_out: Group, interval: Interval) -> Verdict:
    if not enough(contacted, held_out):
        return Verdict.TOO_FEW
    if interval.low > 0:
        return Verdict.MORE
    return Verdict.FEWER if interval.high < 0 else Verdict.UNCLEAR
