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

    def value(self, purchases: int, mean: float) -> float:
        """Return the expected value of a purchase of who made so many of that mean value, in minor units.

        A mean below zero (more was returned than bought) counts as zero. Of customers too unlike to have a
        mean (q of 1 or less) only `gamma` counts.
        """
        return (
            (self.gamma + max(mean, 0.0) * purchases) * self.p / (self.p * purchases + max(self.q - 1, 0.0))
        )
