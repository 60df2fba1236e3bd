"""What the past teaches beyond BG/NBD: a sum of features, added to its log-odds."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp


@dataclass(frozen=True, slots=True)
class Correction:
    """The correction for one horizon; of `NOTHING` is learnt, and BG/NBD stands.

    Attributes:
        constant, weights: of the sum.
        knots: where the hinges of `Features` begin.
        trust, low, high: of members whom BG/NBD ranks high, the share `trust` of the correction is left out:
            nothing below the log-odds `low`, all of that share from `high` on. There is little to learn
            from at the top.
        counts: how often buyers bought, by how often BG/NBD expects them to; who buys with a rhythm does not
            buy several times at once, as some do who buy at random.
    """

    constant: float
    weights: tuple[float, ...]
    knots: tuple[float, ...]
    trust: float
    low: float
    high: float
    counts: float = 1.0

    def apply(self, bgnbd: float, features: Sequence[float]) -> float:
        """Return the chance."""
        added = self.constant + sum(w * f for w, f in zip(self.weights, features, strict=True))
        return chance_of(bgnbd + added * (1 - self.trust * self._top(bgnbd)))

    def _top(self, bgnbd: float) -> float:
        if self.high <= self.low:
            return 0.0
        return min(max((bgnbd - self.low) / (self.high - self.low), 0.0), 1.0)


NOTHING = Correction(0.0, (), (), 0.0, 0.0, 0.0)


def chance_of(log_odds: float) -> float:
    """Return the chance of these log-odds."""
    return 1 / (1 + exp(-min(max(log_odds, -35.0), 35.0)))
