"""What all baskets together tell of an article; it is learnt by a job, and read for one member at a time."""

from dataclasses import dataclass
from typing import NamedTuple

#: Neighbours that are kept of an article or a category.
NEIGHBOURS = 30


class Neighbour(NamedTuple):
    """What is bought together with something.

    `together` counts baskets (of articles) or customers (of categories) that have both. `score` is the cosine
    of the two, shrunk towards 0 where they are few.
    """

    name: str
    together: int
    score: float


@dataclass(frozen=True, slots=True)
class Article:
    """An article, as all customers buy it.

    Attributes:
        category, name, price: as last told (price of one piece, minor units); None where nobody said.
        baskets: how many it was in.
        share: the share of all baskets that it was in.
        lately: the same, where a basket counts half as much for each month that it is ago.
        every: days after which a customer typically buys it again; None where that is not known.
        repeats: how often somebody did.
        neighbours: what is bought together with it, the nearest first.
    """

    sku: str
    category: str | None
    name: str | None
    price: int | None
    baskets: int
    share: float
    lately: float
    every: float | None
    repeats: int
    neighbours: tuple[Neighbour, ...]


@dataclass(frozen=True, slots=True)
class Category:
    """A category: how many customers bought of it, what else these buy, and its most popular articles."""

    name: str
    customers: int
    neighbours: tuple[Neighbour, ...]
    articles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Blend:
    """How much each ground for an offer counts; chosen by what would have been right lately.

    Attributes:
        prior: so many baskets of one's own weigh as much as what everybody buys.
        together: share of what goes with one's own articles in what everybody buys; the rest is popular.
        discovery: the same where only what is new to the customer is offered.
        lately: share of the last months in what is popular; the rest is of all times.
        early: what an own article counts before it is due again, against one that is.
    """

    prior: float = 5.0
    together: float = 0.25
    discovery: float = 0.5
    lately: float = 0.5
    early: float = 1.0


@dataclass(frozen=True, slots=True)
class Summary:
    """What holds for all articles.

    Attributes:
        day: the last day of which baskets were counted.
        baskets, customers: how many were.
        size: articles in a basket, on average, of those that are kept.
        popular: the articles in the most baskets lately, then of all times; for whom nothing else is known.
    """

    day: int
    baskets: int
    customers: int
    size: float
    popular: tuple[str, ...]
    blend: Blend = Blend()
