"""BG/NBD: how often somebody buys, and whether they still do.

While alive, a customer buys at random with a rate of their own, and after each purchase stops for good with a
probability of their own; rates are Gamma distributed over the customers, probabilities Beta.
P. Fader, B. Hardie, K. L. Lee: "Counting Your Customers" the Easy Way, Marketing Science 24 (2), 2005.
"""

from dataclasses import dataclass
from math import cosh, exp, expm1, inf, log, log1p, sinh, sqrt

# Terms of a series that are worth their time.
_TERMS, _ENOUGH = 2_000, 1e-11
# Beyond these a series has large terms of either sign that leave nothing certain, or more than `_TERMS`.
_STEADY, _NEAR_ONE, _NOUGHT = 20.0, 0.98, 1e-3
#: Where an average over a Beta distribution is taken: in units of the spread of its log-odds, and beyond.
NODES = tuple(0.25 * place for place in range(-36, 37))


@dataclass(frozen=True, slots=True)
class Purchases:
    """Of a customer: `x` repeat purchases, the last `t_x` weeks after the first, which is `T` weeks ago."""

    x: int
    t_x: float
    T: float


@dataclass(frozen=True, slots=True)
class Bgnbd:
    """The parameters: shape `r` and scale `alpha` (weeks) of the rates, `a` and `b` of the probabilities."""

    r: float
    alpha: float
    a: float
    b: float

    def alive(self, of: Purchases) -> float:
        """Return the probability that they still buy; of who bought once it is 1."""
        if of.x == 0:
            return 1.0
        since = (self.r + of.x) * log((self.alpha + of.T) / (self.alpha + of.t_x))
        odds_gone = log(self.a / (self.b + of.x - 1)) + since
        return 1 / (1 + exp(odds_gone)) if odds_gone < 700 else 0.0

    def chance(self, of: Purchases, weeks: float) -> float:
        """Return the probability of at least one purchase within so many weeks."""
        bought_if_alive = -expm1(-(self.r + of.x) * log(1 + weeks / (self.alpha + of.T)))
        return self.alive(of) * bought_if_alive

    def expected(self, of: Purchases, weeks: float) -> float:
        """Return the expected number of purchases within so many weeks: (10) of the paper.

        Its hypergeometric function is taken by Euler's transformation, of which the series ends sooner. Where
        that cannot be added up, it is the mean of what is expected given the probability to stop.
        """
        z = weeks / (self.alpha + of.T + weeks)
        if not self.has_series or z > _NEAR_ONE:
            return self._mean(of, weeks) * self.alive(of)
        a, c = self.a, self.a + self.b + of.x - 1
        c = c if abs(c) > 1e-9 else 1e-9
        rest: float = (1 - z) ** (a - 1) * hypergeometric(a + self.b - 1 - self.r, a - 1, c, z)
        return max(0.0, c / (a - 1) * (1 - rest)) * self.alive(of)

    @property
    def has_series(self) -> bool:
        """Whether the series of `expected` can be added up.

        It cannot where all buy at nearly the same rate, or all stop at once; at a = 1 it is 0 / 0.
        """
        return self.a <= _STEADY and self.r - self.a - self.b <= _STEADY and abs(self.a - 1) > _NOUGHT

    def _mean(self, of: Purchases, weeks: float) -> float:
        """Return what is expected of who is alive: the mean over p of (1 - (1 + p s)^-(r + x)) / p.

        Who is alive stops after a purchase with a probability p that is Beta(a, b + x) distributed. The mean
        is taken on the scale of the log-odds of p.
        """
        b, rate, scale = self.b + of.x, self.r + of.x, weeks / (self.alpha + of.T)
        middle, spread = log(self.a / b), sqrt(1 / self.a + 1 / b)
        highest = self.a * _log_share(middle) + b * _log_share(-middle)
        total = weights = 0.0
        for node in NODES:
            odds = middle + spread * sinh(node)
            log_p = _log_share(odds)
            weight = cosh(node) * exp(self.a * log_p + b * _log_share(-odds) - highest)
            # Below that there is no number left to divide by, and nothing changes any more.
            p = max(exp(log_p), 1e-200)
            weights += weight
            total += weight * -expm1(-rate * log1p(p * scale)) / p
        return total / weights


def _log_share(odds: float) -> float:
    """Return the logarithm of the chance that has these log-odds."""
    return -log1p(exp(-odds)) if odds > -30 else odds


def hypergeometric(a: float, b: float, c: float, z: float) -> float:
    """Return Gauss' 2F1(a, b; c; z) for 0 <= z < 1 by its series."""
    term = total = 1.0
    last = inf
    for k in range(_TERMS):
        term *= (a + k) * (b + k) / ((c + k) * (k + 1)) * z
        total += term
        # A single small term may be one that passes through zero.
        if abs(term) < _ENOUGH * abs(total) and last < _ENOUGH * abs(total):
            break
        last = abs(term)
    return total
