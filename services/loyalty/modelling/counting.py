"""BG/NBD of many people at once: its fit by maximum likelihood, and what it says of them.

P. Fader, B. Hardie, K. L. Lee: "Counting Your Customers" the Easy Way, Marketing Science 24 (2), 2005.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import digamma, gammaln, hyp2f1, log_expit

from services.loyalty.domain.outlook.bgnbd import NODES, Bgnbd
from services.loyalty.domain.outlook.model import PRIORS
from services.loyalty.modelling.history import Floats, Trails

# What is known beforehand, as the precision of the logarithms of the parameters: enough to hold a fit of few
# or equal people in place, and lost in one of hundreds.
_PULL = 0.05
# Of more different people than these, starts are tried on a part.
_MANY = 20_000
_STARTS = ((1.0, 10.0, 1.0, 3.0), (3.0, 10.0, 0.1, 1.0))
_LOW, _HIGH = -9.0, 12.0


@dataclass(frozen=True, slots=True)
class Counts:
    """What BG/NBD knows of people (weeks), and how many of them are alike in it."""

    x: Floats
    t_x: Floats
    T: Floats
    number: Floats

    @classmethod
    def of(cls, trails: Trails) -> "Counts":
        """Count those who are alike."""
        parts = (trails.days - 1, trails.last - trails.first, trails.today - trails.first)
        keys = (parts[0] << 42) + (parts[1] << 21) + parts[2]
        different, number = np.unique(keys, return_counts=True)
        mask = (1 << 21) - 1
        x, t_x, T = different >> 42, (different >> 21) & mask, different & mask
        return cls(x.astype(float), t_x / 7, T / 7, number.astype(float))

    def part(self, stride: int) -> "Counts":
        """Return every so many-th of the different people."""
        return Counts(self.x[::stride], self.t_x[::stride], self.T[::stride], self.number[::stride])


def fit(counts: Counts, *, pull: float = _PULL) -> Bgnbd:
    """Return the most likely parameters, drawn by `pull` towards `PRIORS`; those where nobody bought."""
    if not counts.number.sum():
        return PRIORS.bgnbd
    begin = np.log(_parameters(PRIORS.bgnbd))
    some = counts.part(-(-len(counts.x) // _MANY))
    found = [_descend(some, start, pull) for start in (begin, *map(np.log, _STARTS))]
    best = min(found, key=lambda one: one[1])
    if some.x.size < counts.x.size:
        best = _descend(counts, best[0], pull)
    return Bgnbd(*np.exp(best[0] if np.isfinite(best[1]) else begin).tolist())


def log_likelihood(model: Bgnbd, counts: Counts) -> float:
    """Return the logarithm of the likelihood of what these people did: (6) of the paper."""
    return _likelihood(_parameters(model), counts)[0]


def alive(model: Bgnbd, trails: Trails) -> Floats:
    """Return the probability that each still buys."""
    x, t_x, T = _known(trails)
    odds = np.log(model.a / (model.b + np.maximum(x, 1) - 1)) + (model.r + x) * np.log(
        (model.alpha + T) / (model.alpha + t_x)
    )
    return np.where(x > 0, 1 / (1 + np.exp(np.minimum(odds, 700))), 1.0)


def chance(model: Bgnbd, trails: Trails, days: int) -> Floats:
    """Return the chance of each to buy within so many days."""
    x, _, T = _known(trails)
    return alive(model, trails) * -np.expm1(-(model.r + x) * np.log1p(days / 7 / (model.alpha + T)))


def expected(model: Bgnbd, trails: Trails, days: int) -> Floats:
    """Return the expected number of days with a purchase of each within so many days."""
    x, _, T = _known(trails)
    if not model.has_series:
        return _mean(model, x, days / 7 / (model.alpha + T)) * alive(model, trails)
    a, c = model.a, model.a + model.b + x - 1
    c = np.where(np.abs(c) > 1e-9, c, 1e-9)
    z = days / 7 / (model.alpha + T + days / 7)
    rest = (1 - z) ** (a - 1) * hyp2f1(a + model.b - 1 - model.r, a - 1, c, z)
    return np.maximum(0, c / (a - 1) * (1 - rest)) * alive(model, trails)


def _mean(model: Bgnbd, x: Floats, scale: Floats) -> Floats:
    """Return what is expected of who is alive, as the mean over their probability to stop; see `Bgnbd`."""
    b, rate = model.b + x, model.r + x
    middle, spread = np.log(model.a / b), np.sqrt(1 / model.a + 1 / b)
    highest = model.a * log_expit(middle) + b * log_expit(-middle)
    total, weights = np.zeros_like(x), np.zeros_like(x)
    for node in NODES:
        odds = middle + spread * np.sinh(node)
        weight = np.cosh(node) * np.exp(model.a * log_expit(odds) + b * log_expit(-odds) - highest)
        p = np.maximum(np.exp(log_expit(odds)), 1e-200)
        weights += weight
        total += weight * -np.expm1(-rate * np.log1p(p * scale)) / p
    return total / weights


def _known(trails: Trails) -> tuple[Floats, Floats, Floats]:
    x = (trails.days - 1).astype(float)
    return x, (trails.last - trails.first) / 7, (trails.today - trails.first) / 7


def _parameters(model: Bgnbd) -> Floats:
    return np.array([model.r, model.alpha, model.a, model.b])


def _descend(counts: Counts, start: Floats, pull: float) -> tuple[Floats, float]:
    """Return the logarithms of the parameters at the lowest point from this start, and how low it is."""
    prior = np.log(_parameters(PRIORS.bgnbd))
    people = counts.number.sum()

    def loss(logs: Floats) -> tuple[float, Floats]:
        parameters = np.exp(logs)
        likelihood, slope = _likelihood(parameters, counts)
        away = logs - prior
        return (
            (pull * (away @ away) / 2 - likelihood) / people,
            (pull * away - slope * parameters) / people,
        )

    found = minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=[(_LOW, _HIGH)] * 4,
        options={"maxiter": 500, "ftol": 1e-14, "gtol": 1e-9},
    )  # fmt: skip
    return found.x, float(found.fun)


def _likelihood(parameters: Floats, counts: Counts) -> tuple[float, Floats]:
    """Return the logarithm of the likelihood and its slope by r, alpha, a and b."""
    r, alpha, a, b = parameters
    x, number = counts.x, counts.number
    before = np.maximum(x, 1) - 1
    now, then = np.log(alpha + counts.T), np.log(alpha + counts.t_x)
    still = -(r + x) * now
    gone = np.where(x > 0, np.log(a / (b + before)) - (r + x) * then, -np.inf)
    either = np.logaddexp(still, gone)
    common = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    common += gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
    p = np.exp(still - either)
    q = 1 - p
    slope_a = digamma(a + b) - digamma(a + b + x)
    slopes = (
        digamma(r + x) - digamma(r) + np.log(alpha) - p * now - q * then,
        r / alpha - (r + x) * (p / (alpha + counts.T) + q / (alpha + counts.t_x)),
        slope_a + q / a,
        slope_a + digamma(b + x) - digamma(b) - np.where(x > 0, q / (b + before), 0.0),
    )
    return float(number @ (common + either)), np.array([number @ slope for slope in slopes])
