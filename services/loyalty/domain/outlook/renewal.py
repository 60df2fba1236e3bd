"""The chance that the next purchase falls into the coming days, by the customer's own gaps.

Gaps between purchases are log-normal, with a mean and a spread of each customer, both drawn towards those of
all where there are few gaps. BG/NBD takes purchases to come at random; this is what it does not know.
"""

from dataclasses import dataclass
from itertools import pairwise
from math import erfc, log, sqrt

from services.loyalty.domain.outlook.trail import Trail

# The spread of all counts as so many gaps of a customer.
SPREAD_OF_ALL = 4
#: Standard deviations beyond which the tail of the normal distribution is too thin for numbers.
FAR = 30.0


@dataclass(frozen=True, slots=True)
class Gaps:
    """Gaps of all customers: `mean` of the logarithm of days, variance `between` and `within` customers."""

    mean: float
    between: float
    within: float


def outlook_of_gaps(trail: Trail, gaps: Gaps) -> tuple[float, float]:
    """Return mean and standard deviation of the logarithm of the gap (days) that is to be expected."""
    days = trail.recent
    logs = [log(later - earlier) for earlier, later in pairwise(days)]
    number, total = len(logs), sum(logs)
    own = total / number if number else 0.0
    squares = sum((one - own) ** 2 for one in logs)
    weight = gaps.within / gaps.between
    mean = (total + weight * gaps.mean) / (number + weight)
    variance = (SPREAD_OF_ALL * gaps.within + squares) / (SPREAD_OF_ALL + max(number - 1, 0))
    return mean, sqrt(variance + gaps.within / (number + weight))


def chance(mean: float, deviation: float, since: int, within: int) -> float:
    """Return the chance that a gap which has lasted `since` days ends in the `within` days that follow."""
    now = (log(since + 0.5) - mean) / deviation
    then = (log(since + 0.5 + within) - mean) / deviation
    near = min(now, FAR)
    return 1 - erfc((near + then - now) / sqrt(2)) / erfc(near / sqrt(2))
