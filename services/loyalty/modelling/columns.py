"""The features of many people at once: `domain.outlook.features` and `renewal`, in columns."""

import numpy as np
from scipy.special import log_ndtr

from services.loyalty.domain.outlook.features import KNOWN, SURE, SURE_OF_GAPS, WINDOWS
from services.loyalty.domain.outlook.model import PRIORS
from services.loyalty.domain.outlook.renewal import FAR, SPREAD_OF_ALL, Gaps
from services.loyalty.modelling.history import Floats, Trails

# People with a gap below whom there is nothing to learn of gaps.
_FEWEST = 5
# What spreads are known of beforehand, in gaps.
_BEFORE = 5


def gaps_of(trails: Trails) -> Gaps:
    """Return how gaps scatter within people and between them."""
    some = trails.kept_gaps > 0
    number = trails.kept_gaps[some]
    if len(number) < _FEWEST:
        return PRIORS.gaps
    means = trails.log_gaps[some] / number
    squares = np.maximum(trails.log_squares[some] - number * means**2, 0)
    freedom = float((number - 1).sum())
    within = (float(squares.sum()) + PRIORS.gaps.within * _BEFORE) / (freedom + _BEFORE)
    between = max(float(means.var() - (within / number).mean()), 0.05)
    return Gaps(float(means.mean()), between, max(within, 1e-3))


def typical_spend(trails: Trails) -> float:
    """Return the median over people of what they spend on a day with a purchase."""
    return max(float(np.median(trails.spend / trails.days)), 1.0) if len(trails.days) else PRIORS.typical


def logit(chances: Floats, sure: float = SURE) -> Floats:
    """Return the logarithms of the odds."""
    within = np.clip(chances, sure, 1 - sure)
    return np.log(within / (1 - within))


def renewal_chance(trails: Trails, gaps: Gaps, days: int) -> tuple[Floats, Floats]:
    """Return the chances by people's own gaps, and the standard deviations of the logarithms of these."""
    number = trails.kept_gaps
    own = trails.log_gaps / np.maximum(number, 1)
    squares = np.maximum(trails.log_squares - number * own**2, 0)
    weight = gaps.within / gaps.between
    mean = (trails.log_gaps + weight * gaps.mean) / (number + weight)
    variance = (SPREAD_OF_ALL * gaps.within + squares) / (SPREAD_OF_ALL + np.maximum(number - 1, 0))
    deviation = np.sqrt(variance + gaps.within / (number + weight))
    now = (np.log(trails.since + 0.5) - mean) / deviation
    then = (np.log(trails.since + 0.5 + days) - mean) / deviation
    near = np.minimum(now, FAR)
    return -np.expm1(log_ndtr(-(near + then - now)) - log_ndtr(-near)), deviation


def features(trails: Trails, gaps: Gaps, typical: float, days: int, bgnbd: Floats) -> Floats:
    """Return the features but for the hinges, a column each, for a horizon of so many days.

    `bgnbd` are the log-odds that BG/NBD says of it.
    """
    repeats = trails.days - 1
    ago, often = np.log1p(trails.since), np.log1p(repeats)
    once = (repeats == 0).astype(float)
    mean_gap = (trails.last - trails.first) / np.maximum(repeats, 1)
    chances, deviation = renewal_chance(trails, gaps, days)
    own = logit(chances, SURE_OF_GAPS)
    spend = np.maximum(trails.spend / trails.days, 0)
    columns = [
        bgnbd, ago, often, np.log1p(trails.today - trails.first),
        *(np.log1p(trails.counts[window]) for window in WINDOWS),
        ago * often, once, once * ago,
        np.where(repeats > 0, np.log((trails.since + 3) / (mean_gap + 3)), 0.0),
        own, own * np.minimum(repeats, KNOWN) / KNOWN,
        np.where(repeats > 1, np.log(deviation), 0.0),
        np.log((spend + typical) / (2 * typical)),
    ]  # fmt: skip
    return np.column_stack(columns)


def hinges(trails: Trails, knots: tuple[float, ...]) -> Floats:
    """Return how far the logarithm of days since the last purchase is beyond each knot."""
    return np.maximum(np.log1p(trails.since)[:, None] - np.array(knots), 0.0)
