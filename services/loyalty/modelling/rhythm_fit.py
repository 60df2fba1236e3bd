"""The population's rhythm out of many people's purchases, and how due dates hold on purchases not yet seen.

People and days come as arrays, sorted by person and then by day, each day of a person once.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from math import floor, log
from statistics import fmean, median
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from services.loyalty.domain.outlook.rhythm import PRIORS, RhythmPriors, rhythm
from services.loyalty.domain.outlook.trail import RECENT

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

#: Intervals that a fit looks at, and forecasts that an evaluation makes: more teach nothing new.
MOST_INTERVALS, MOST_FORECASTS = 400_000, 20_000
#: The shares that windows are meant to hold in an evaluation.
SHARES = (0.5, 0.8)
# How far, in units of the parameters, a shop is from others before its own few customers are heard.
_APART = np.array([0.5, 1.0, 0.3, 1.0])
_BOUNDS = ((-3.0, 6.0), (-2.0, 6.0), (-3.0, 1.5), (-1.0, 6.0))


class _Intervals(NamedTuple):
    """Logarithms of intervals in weeks; of each the number, the sum and the squares of those before it."""

    here: Floats
    before: Floats
    total: Floats
    squares: Floats


def fit_rhythm(people: Ints, days: Ints) -> RhythmPriors:
    """Return the rhythm under which each interval is most probable, given those of its member before it.

    It is pulled towards `PRIORS`, which hold where there is next to nothing to learn from. Intervals that are
    not over are left out: most of those who never come again are no slow customers, but none.
    """
    intervals = _intervals(people, days)
    middle = _free(PRIORS)

    def cost(free: Floats) -> float:
        return _cost(_priors(free), intervals) + float((((free - middle) / _APART) ** 2).sum()) / 2

    found = minimize(cost, middle, method="L-BFGS-B", bounds=_BOUNDS)
    return _priors(found.x)


@dataclass(frozen=True, slots=True)
class DueFigures:
    """How due dates held. Days are counted from the forecast's last purchase.

    Attributes:
        forecasts: how many next purchases were forecast, and then made.
        meant: the share that the windows were meant to hold.
        held: the share that they held.
        width: mean days in a window.
        held_by_mean: the share held by windows of that width around the mean interval so far.
        error: median of the days between the date and the purchase.
        error_of_mean: the same, with the mean interval so far.
    """

    forecasts: int
    meant: float
    held: float
    width: float
    held_by_mean: float
    error: float
    error_of_mean: float


def evaluate_due(people: Ints, days: Ints, cut: int) -> dict[str, list[dict[str, Any]]]:
    """Return how due dates hold that are learnt up to the day `cut` and made of later purchases.

    `at_purchase`: what is told when somebody buys, of the purchase after it; all of these are later than the
    cut. `at_cut`: what is told at the end of the cut's day of everybody's next purchase, however long overdue
    it is; the window around the mean interval is moved there out of the past, as it would not be by itself.
    There is a list of figures (`DueFigures`), one for each of `SHARES`. Only who has bought on two days is
    told a date, and only what was bought by the end of the data can be judged.
    """
    known = days <= cut
    priors = fit_rhythm(people[known], days[known])
    told = {"at_purchase": _at_purchase(people, days, cut), "at_cut": _at_cut(people, days, cut)}
    return {name: _figures(forecasts, priors) for name, forecasts in told.items()}


class _Forecast(NamedTuple):
    """The intervals that were known, the days that had passed since the last purchase, and what came."""

    intervals: list[int]
    elapsed: int
    actual: int


def _intervals(people: Ints, days: Ints) -> _Intervals:
    same = np.flatnonzero(people[1:] == people[:-1]) + 1
    step = -(-len(same) // MOST_INTERVALS) or 1
    if step > 1:
        same = same[people[same] % step == 0]
    logarithms = np.zeros(len(days))
    logarithms[same] = np.log((days[same] - days[same - 1]) / 7)
    begin = np.searchsorted(people, people[same])
    since = np.maximum(begin + 1, same - (RECENT - 1))
    sums = np.concatenate([[0.0], np.cumsum(logarithms)])
    squares = np.concatenate([[0.0], np.cumsum(logarithms**2)])
    return _Intervals(
        logarithms[same],
        (same - since).astype(float),
        sums[same] - sums[since],
        squares[same] - squares[since],
    )


def _cost(priors: RhythmPriors, of: _Intervals) -> float:
    """Return minus the logarithm of the probability; see `domain.outlook.rhythm` for the formulas."""
    weight = priors.weight + of.before
    center = (priors.weight * priors.mean + of.total) / weight
    mean = of.total / np.maximum(of.before, 1)
    apart = np.maximum(of.squares - of.before * mean**2, 0)
    apart += priors.weight * of.before / weight * (mean - priors.mean) ** 2
    variance = (priors.steadiness * priors.spread**2 + apart) / (priors.steadiness + of.before)
    variance *= 1 + 1 / weight
    return float((np.log(variance) + (of.here - center) ** 2 / variance).sum()) / 2


def _free(priors: RhythmPriors) -> Floats:
    return np.array([priors.mean, log(priors.weight), log(priors.spread), log(priors.steadiness)])


def _priors(free: Floats) -> RhythmPriors:
    return RhythmPriors(float(free[0]), *(float(one) for one in np.exp(free[1:])))


def _at_purchase(people: Ints, days: Ints, cut: int) -> list[_Forecast]:
    third = np.flatnonzero((people[2:] == people[:-2]) & (days[1:-1] > cut)) + 2
    return [_Forecast(_gaps(people, days, at), 0, int(days[at] - days[at - 1])) for at in _thinned(third)]


def _at_cut(people: Ints, days: Ints, cut: int) -> list[_Forecast]:
    third = np.flatnonzero((people[2:] == people[:-2]) & (days[1:-1] <= cut) & (days[2:] > cut)) + 2
    return [
        _Forecast(_gaps(people, days, at), int(cut - days[at - 1]), int(days[at] - days[at - 1]))
        for at in _thinned(third)
    ]


def _gaps(people: Ints, days: Ints, at: int) -> list[int]:
    begin = max(int(np.searchsorted(people, people[at])), at - RECENT)
    return [int(one) for one in np.diff(days[begin:at])]


def _thinned(places: Ints) -> Iterable[int]:
    return (int(one) for one in places[:: -(-len(places) // MOST_FORECASTS) or 1])


def _figures(forecasts: list[_Forecast], priors: RhythmPriors) -> list[dict[str, Any]]:
    return [asdict(_figures_of(forecasts, priors, share)) for share in SHARES if forecasts]


def _figures_of(forecasts: list[_Forecast], priors: RhythmPriors, share: float) -> DueFigures:
    held, widths, errors = [], [], []
    for one in forecasts:
        own = rhythm([log(gap) for gap in one.intervals], priors)
        early, late = own.window(one.elapsed, share)
        begin, end = floor(early), floor(late + 1)
        held.append(begin <= one.actual < end)
        widths.append(end - begin)
        left = 1 - own.passed(one.elapsed)
        middle = own.after(1 - left / 2) if one.elapsed and left > 1e-9 else own.expected_days
        errors.append(abs(one.actual - max(middle, one.elapsed)))
    width = fmean(widths)
    means = [max(fmean(one.intervals), one.elapsed) for one in forecasts]
    return DueFigures(
        forecasts=len(forecasts),
        meant=share,
        held=fmean(held),
        width=width,
        held_by_mean=fmean(
            _begins(mean, width, one) <= one.actual < _begins(mean, width, one) + width
            for mean, one in zip(means, forecasts, strict=True)
        ),
        error=median(errors),
        error_of_mean=median(abs(one.actual - mean) for mean, one in zip(means, forecasts, strict=True)),
    )


def _begins(mean: float, width: float, one: _Forecast) -> float:
    """Return where a window around the mean interval begins; none is wasted on days that are over."""
    return max(mean - width / 2, one.elapsed, 1)
