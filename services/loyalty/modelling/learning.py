"""What earlier days teach beyond BG/NBD: the correction for one horizon, and what it says of many people.

Of earlier days, at least as far back as the horizon is long, it is known who bought afterwards. A logistic
regression with the log-odds of BG/NBD as its offset is fitted to them; its weights are drawn to zero, so that
with little history nothing is corrected.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit

from services.loyalty.domain.outlook.bgnbd import Bgnbd
from services.loyalty.domain.outlook.correction import Correction
from services.loyalty.domain.outlook.features import NAMES, SURE
from services.loyalty.domain.outlook.model import MOST
from services.loyalty.domain.outlook.renewal import Gaps
from services.loyalty.modelling import columns, counting
from services.loyalty.modelling.history import Floats, History, Ints, Trails
from services.loyalty.modelling.regression import regress

# Earlier days to look back from: so many, over this share of what there is, days apart at least and at most.
_LOOKS, _SHARE, _CLOSEST, _FURTHEST = 24, 0.7, 7, 28
# A day with fewer people teaches nothing; rows of all days beyond which people are sampled.
_FEWEST, _MOST_ROWS = 20, 250_000
# Precision of a standardised weight beforehand, and of the constant; by how much more some are held.
_RIDGE, _RIDGE_OF_CONSTANT = 5.0, 0.5
_HELD = dict.fromkeys(("age", "in_364", "spend", "hinge_1", "hinge_2", "hinge_3", "hinge_4"), 10.0)
_HELD |= dict.fromkeys(("overdue", "renewal", "renewal_known", "irregular"), 3.0)
# How much of the correction may be left out for those at the top, from which of their quantiles to which.
_TRUSTS, _TOP = (0.8, 0.4), (0.7, 0.9)
_FOLDS = 4
# Purchases that came as they were expected, beforehand.
_AS_EXPECTED = 100.0


@dataclass(frozen=True, slots=True)
class Ground:
    """What a correction rests on."""

    bgnbd: Bgnbd
    gaps: Gaps
    typical: float

    def log_odds(self, trails: Trails, days: int) -> Floats:
        """Return what BG/NBD says."""
        return columns.logit(counting.chance(self.bgnbd, trails, days))

    def features(self, trails: Trails, days: int, knots: tuple[float, ...], log_odds: Floats) -> Floats:
        """Return all features, a column each."""
        first = columns.features(trails, self.gaps, self.typical, days, log_odds)
        return np.hstack([first, columns.hinges(trails, knots)])

    def chances(self, correction: Correction | None, trails: Trails, days: int) -> Floats:
        """Return the corrected chances."""
        bgnbd = self.log_odds(trails, days)
        if correction is None or not correction.weights:
            return expit(bgnbd)
        features = self.features(trails, days, correction.knots, bgnbd)
        added = correction.constant + features @ np.array(correction.weights)
        return expit(bgnbd + added * (1 - correction.trust * _top(bgnbd, correction.low, correction.high)))

    def expected(self, correction: Correction | None, trails: Trails, days: int) -> Floats:
        """Return on how many days within the horizon each is expected to buy."""
        random = counting.expected(self.bgnbd, trails, days)
        if correction is None or not correction.weights:
            return random
        chances = self.chances(correction, trails, days)
        factor = chances / np.maximum(counting.chance(self.bgnbd, trails, days), SURE)
        return random * np.clip(factor, 1 / MOST, MOST) * correction.counts


@dataclass(frozen=True, slots=True)
class _Rows:
    """Looks back, one below the other: features, BG/NBD's log-odds, how far at the top, who, who bought."""

    features: Floats
    bgnbd: Floats
    top: Floats
    people: Ints
    bought: Floats


def learn(history: History, today: int, days: int, ground: Ground) -> Correction | None:
    """Return the correction for a horizon of so many days; None where nothing is to be learnt.

    Args:
        history: what is known at the end of the day `today`, and nothing of later.
    """
    looks, apart = _looks(history, today, days)
    wanted = int(np.searchsorted(np.sort(_firsts(history)), looks, "right").sum())
    history = history.every(max(1, -(-wanted // _MOST_ROWS)))
    trails = [one for one in map(history.at, looks) if len(one.people) >= _FEWEST]
    if not trails:
        return None
    ago = np.concatenate([np.log1p(one.since) for one in trails])
    knots = tuple(np.quantile(ago, [0.2, 0.4, 0.6, 0.8]).tolist())
    rows = _rows(history, trails, days, ground, knots)
    # Looks nearer to each other than the horizon is long see the same purchases.
    weight = min(1.0, apart / days)
    correction = _regression(rows, weight, knots)
    low, high = np.quantile(ground.log_odds(history.at(today), days), _TOP).tolist()
    correction = replace(correction, trust=_trust(rows, weight), low=low, high=high)
    return replace(correction, counts=_counts(history, trails, days, ground, correction))


def _looks(history: History, today: int, days: int) -> tuple[list[int], int]:
    """Return the earlier days to look back from, the latest first, and how far apart they are."""
    begin = int(history.days.min())
    apart = int(np.clip((today - begin - days) * _SHARE / _LOOKS, _CLOSEST, _FURTHEST))
    looks = (today - days - apart * place for place in range(_LOOKS))
    return [look for look in looks if look > begin + 7], apart


def _firsts(history: History) -> Ints:
    return history.days[np.diff(history.people, prepend=-1) > 0]


def _rows(
    history: History, looks: Sequence[Trails], days: int, ground: Ground, knots: tuple[float, ...]
) -> _Rows:
    parts = []
    for trails in looks:
        bgnbd = ground.log_odds(trails, days)
        top = _top(bgnbd, *np.quantile(bgnbd, _TOP).tolist())
        features = ground.features(trails, days, knots, bgnbd)
        bought = (history.bought(trails, days) > 0).astype(float)
        parts.append((features, bgnbd, top, trails.people, bought))
    return _Rows(*map(np.concatenate, zip(*parts, strict=True)))


def _top(bgnbd: Floats, low: float, high: float) -> Floats:
    return np.clip((bgnbd - low) / (high - low), 0, 1) if high > low else np.zeros_like(bgnbd)


def _regression(rows: _Rows, weight: float, knots: tuple[float, ...]) -> Correction:
    """Fit the weights; what they are of is standardised, and given back as it was."""
    means, spreads = rows.features.mean(0), rows.features.std(0)
    varies = spreads > 1e-6
    spreads = np.where(varies, spreads, 1.0)
    standard = np.where(varies, (rows.features - means) / spreads, 0.0)
    design = np.hstack([np.ones((len(standard), 1)), standard])
    ridge = np.array([_RIDGE_OF_CONSTANT, *(_RIDGE * _HELD.get(name, 1.0) for name in NAMES)])
    found = regress(design, rows.bgnbd, rows.bought, weight, ridge)
    weights = np.where(varies, found[1:] / spreads, 0.0)
    constant = float(found[0] - weights @ means)
    return Correction(constant, tuple(weights.tolist()), knots, 0.0, 0.0, 0.0)


def _trust(rows: _Rows, weight: float) -> float:
    """Return how much of the correction can be left out at the top, by people whom a fit has not seen.

    It is the most that is not worse than none by more than the standard error of the difference.
    """
    added = np.zeros_like(rows.bgnbd)
    fold = rows.people % _FOLDS
    for one in range(_FOLDS):
        seen, unseen = fold != one, fold == one
        if not seen.any() or not unseen.any():
            return 0.0
        part = _Rows(*(getattr(rows, name)[seen] for name in _Rows.__slots__))
        correction = _regression(part, weight, ())
        added[unseen] = correction.constant + rows.features[unseen] @ np.array(correction.weights)
    all_of_it = _losses(rows, added)
    for trust in _TRUSTS:
        worse = _losses(rows, added * (1 - trust * rows.top)) - all_of_it
        of_each = np.bincount(rows.people, weights=worse)
        if of_each.sum() <= np.sqrt((of_each**2).sum()):
            return trust
    return 0.0


def _counts(
    history: History, looks: Sequence[Trails], days: int, ground: Ground, correction: Correction
) -> float:
    """Return how often buyers bought, by how often they would be expected to, drawn to one.

    How many they are is what the chances say.
    """
    came = buyers = expected = chances = 0.0
    for trails in looks:
        purchases = history.bought(trails, days)
        came += float(purchases.sum())
        buyers += float((purchases > 0).sum())
        expected += float(ground.expected(correction, trails, days).sum())
        chances += float(ground.chances(correction, trails, days).sum())
    return (came + _AS_EXPECTED) / (expected * buyers / max(chances, SURE) + _AS_EXPECTED)


def _losses(rows: _Rows, added: Floats) -> Floats:
    odds = rows.bgnbd + added
    return np.logaddexp(0, odds) - rows.bought * odds
