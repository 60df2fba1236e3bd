"""When a member buys again of each kind of goods: beans and grinders have rhythms of their own."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from math import log

from services.loyalty.domain.offers.basket import Basket
from services.loyalty.domain.outlook.rhythm import RhythmPriors, rhythm
from services.loyalty.domain.outlook.trail import RECENT

#: Days on which something of a category was bought before it has a rhythm.
FEWEST = 3


@dataclass(frozen=True, slots=True)
class CategoryDue:
    """A category, the last day on which something of it was bought, and the days from then to the next."""

    category: str
    last: int
    expected_days: float

    @property
    def due(self) -> float:
        """The day on which it is due."""
        return self.last + self.expected_days


def due_categories(baskets: Iterable[Basket], priors: RhythmPriors) -> list[CategoryDue]:
    """Return the categories of a customer's baskets that have a rhythm, the first due first.

    The population's mean is of all goods together and says nothing of one kind, so that a category is told
    by the customer's own intervals alone, and not before it was bought on `FEWEST` days. Days are as in
    the baskets.
    """
    days: dict[str, list[int]] = {}
    for basket in baskets:
        for category in {line.category for line in basket.lines if line.category}:
            days.setdefault(category, []).append(basket.day)
    again = ((category, several) for category, several in days.items() if len(several) >= FEWEST)
    own = replace(priors, weight=0.0)
    found = [_due(category, several[-RECENT:], own) for category, several in again]
    return sorted(found, key=lambda one: (one.due, one.category))


def _due(category: str, days: list[int], priors: RhythmPriors) -> CategoryDue:
    expected = rhythm([log(later - day) for day, later in pairwise(days)], priors).expected_days
    return CategoryDue(category, days[-1], expected)
