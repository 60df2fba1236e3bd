"""BG/NBD: how often somebody buys, and whether they still do.

While alive, a customer buys at random with a rate of their own, and after each purchase stops for good with a
probability of their own; rates are Gamma distributed over the customers, probabilities Beta.
P. Fader, B. Hardie, K. L. Lee: "Counting Your Customers" the Easy Way, Marketing Science 24 (2), 2005.
"""

from dataclasses import dataclass
from math import exp, expm1, inf, log

# Terms of a series that are worth their time.
_TERMS, _ENOUGH = 2_000, 1e-11


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

        Its hypergeometric function is taken by Euler's transformation, of which the series ends sooner.
        """
        # At a = 1 the formula is 0 / 0, and it is smooth there.
        a = self.a if abs(self.a - 1) > 1e-6 else 1 + 1e-6
        c = a + self.b + of.x - 1
        c = c if abs(c) > 1e-9 else 1e-9
        z = weeks / (self.alpha + of.T + weeks)
        rest: float = (1 - z) ** (a - 1) * hypergeometric(a + self.b - 1 - self.r, a - 1, c, z)
        return max(0.0, c / (a - 1) * (1 - rest)) * self.alive(of)


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
