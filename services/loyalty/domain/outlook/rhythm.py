"""When a member comes again, by their own rhythm.

The logarithms of a member's intervals are taken for normal, with a mean and a spread of their own; members'
means and spreads scatter around those of the population. What is known of a member after n intervals is then
a mean of theirs and the population's (normal-normal shrinkage, and the same for the spread), in closed form:
who has come twice is expected much as everybody is, who has come ten times as they themselves came.

Intervals are between different days with a purchase, so that none is shorter than a day. They say when a
member comes *if* they come again; whether they do is asked of another part of the model.
"""

from dataclasses import dataclass
from itertools import pairwise
from math import erf, exp, log, pi, sqrt
from statistics import NormalDist

from services.loyalty.domain.outlook.trail import Trail

#: The share of next purchases that the window which is told is meant to hold.
COVERAGE = 0.5
_NORMAL = NormalDist()
_DAYS_A_WEEK = 7.0


@dataclass(frozen=True, slots=True)
class RhythmPriors:
    """The population's intervals, in weeks.

    Attributes:
        mean: mean of the logarithm of intervals.
        weight: the population's mean counts as much as so many intervals of the member's own; it is the
            variance within members over that between them.
        spread: standard deviation of the logarithm of intervals within a member.
        steadiness: the population's spread counts as much as so many intervals of the member's own.
    """

    mean: float
    weight: float
    spread: float
    steadiness: float


#: Of who has no history. The intervals are those of the CDNOW master file up to 1997-09-30 (music; 23,570
#: customers who first bought in early 1997); they count less than there, so that other goods are soon
#: known by those who buy them.
PRIORS = RhythmPriors(mean=1.4, weight=2.0, spread=1.05, steadiness=6.0)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What is expected of the next interval: its logarithm (of days) is normal.

    `center` and `spread` are its mean and standard deviation, `intervals` how many of the member's own it
    rests on.
    """

    center: float
    spread: float
    intervals: int

    @property
    def expected_days(self) -> float:
        """The days after which half of such intervals are over."""
        return exp(self.center)

    def passed(self, days: float) -> float:
        """Return the share of such intervals that are over after so many days."""
        return _NORMAL.cdf(self._place(days)) if days > 0 else 0.0

    def after(self, share: float) -> float:
        """Return the days after which this share (between 0 and 1) of such intervals is over."""
        return exp(self.center + self.spread * _NORMAL.inv_cdf(share))

    def window(self, elapsed: float = 0.0, coverage: float = COVERAGE) -> tuple[float, float]:
        """Return the shortest span, in days after the last purchase, that holds so much of what can yet come.

        What has not come after `elapsed` days comes later: the shares are of the intervals that are longer.
        The ends of the shortest span are equally probable; on the scale of logarithms they lie symmetrically
        around the mode, which is one variance below the mean.
        """
        reached = self._place(elapsed) if elapsed > 0 else -_FAR
        left = _NORMAL.cdf(-reached)
        if left < _NOTHING:
            return elapsed, elapsed
        half = _half_width(self.spread, coverage * left)
        low, high = -self.spread - half, -self.spread + half
        if low < reached:
            high = -_NORMAL.inv_cdf(max((1 - coverage) * left, _NOTHING))
            return elapsed, max(elapsed, self._days(high))
        return self._days(low), self._days(high)

    def _place(self, days: float) -> float:
        return (log(days) - self.center) / self.spread

    def _days(self, place: float) -> float:
        return exp(self.center + self.spread * min(max(place, -_FAR), _FAR))


#: Standard deviations that nothing lies beyond, and a share that is none.
_FAR = 8.0
_NOTHING = 1e-12
_ROOT, _DENSITY = sqrt(0.5), 1 / sqrt(2 * pi)
_STEPS, _NEAR = 50, 1e-9
# Most intervals are shorter than three years: their logarithms are at hand.
_LOGARITHMS = (0.0, *map(log, range(1, 1100)))


def rhythm_of(trail: Trail, priors: RhythmPriors) -> Rhythm:
    """Return what is expected of a member's next interval; the population's for who has shown none."""
    days = trail.recent
    if days[-1] - days[0] < len(_LOGARITHMS):
        return rhythm([_LOGARITHMS[later - day] for day, later in pairwise(days)], priors)
    return rhythm([log(later - day) for day, later in pairwise(days)], priors)


def rhythm(logarithms: list[float], priors: RhythmPriors) -> Rhythm:
    """Return what follows from the logarithms of a member's own intervals in days."""
    own, common = len(logarithms), priors.mean + log(_DAYS_A_WEEK)
    weight = priors.weight + own
    total = sum(logarithms)
    center = (priors.weight * common + total) / weight
    mean = total / own if own else common
    apart = (
        sum([(one - mean) ** 2 for one in logarithms]) + priors.weight * own / weight * (mean - common) ** 2
    )
    variance = (priors.steadiness * priors.spread**2 + apart) / (priors.steadiness + own)
    return Rhythm(center, sqrt(variance * (1 + 1 / weight)), own)


def _half_width(spread: float, share: float) -> float:
    """Return h for which a normal variable is within h of `-spread` with this chance (Newton's method).

    The chance grows with h ever more slowly, so that the steps come from one side once they are there.
    """
    half = spread if spread > 1 else 1.0
    for _ in range(_STEPS):
        upper, lower = half - spread, half + spread
        over = (erf(upper * _ROOT) + erf(lower * _ROOT)) / 2 - share
        slope = (exp(-upper * upper / 2) + exp(-lower * lower / 2)) * _DENSITY
        step = over / slope
        half = max(half - step, half / 2)
        if abs(step) < _NEAR:
            break
    return half
