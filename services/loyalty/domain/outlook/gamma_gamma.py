"""Gamma-Gamma: what a purchase of somebody is worth, drawn towards what all spend where there are few.

P. Fader, B. Hardie: The Gamma-Gamma Model of Monetary Value, 2013 (brucehardie.com/notes/025).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GammaGamma:
    """Shape `p` of one customer's purchases, shape `q` and scale `gamma` (minor units) of the customers."""

    p: float
    q: float
    gamma: float

    def of_anybody(self) -> float:
        """Return the expected value of a purchase of somebody unknown, in minor units."""
        return self.p * self.gamma / max(self.q - 1, 1e-3)

    def value(self, purchases: int, mean: float) -> float:
        """Return the expected value of a purchase of who made so many of that mean value, in minor units.

        A mean below zero (more was returned than bought) counts as zero.
        """
        weight = self.p * purchases
        return (self.gamma + max(mean, 0.0) * purchases) * self.p / max(weight + self.q - 1, 1e-3)
