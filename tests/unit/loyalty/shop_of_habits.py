"""A small shop whose customers have habits: made up, the same each time, so that tests know what is right."""

from random import Random

from services.loyalty.domain.facts import Line
from services.loyalty.domain.offers.basket import Basket

FIRST = 738_000
LAST = FIRST + 360
CATEGORIES = {
    "coffee": ("beans", "beans decaf", "filters", "grinder"),
    "tea": ("green tea", "black tea", "pot"),
    "sweets": ("dates", "halva", "baklava"),
}
PRICES = {"beans": 12_00, "beans decaf": 13_00, "filters": 4_00, "grinder": 90_00}
KINDS = {sku: category for category, skus in CATEGORIES.items() for sku in skus}


def basket(day: int, *skus: str) -> Basket:
    return Basket(day, tuple(Line(sku, KINDS.get(sku), 1, PRICES.get(sku, 5_00), sku) for sku in skus))


def habits(customers: int = 120) -> list[list[Basket]]:
    """A third buy beans each month and filters with them, a third tea, a third sweets; all at times dates."""
    chance = Random(7)
    everybody = []
    for number in range(customers):
        kind, day, baskets = number % 3, FIRST + chance.randrange(30), []
        while day < LAST:
            skus = {"dates"} if chance.random() < 0.35 else set()
            if kind == 0:
                skus |= {chance.choice(("beans", "beans", "beans decaf"))}
                skus |= {"filters"} if chance.random() < 0.6 else set()
            elif kind == 1:
                skus |= {chance.choice(("green tea", "black tea"))}
                skus |= {"pot"} if chance.random() < 0.1 else set()
            else:
                skus |= {chance.choice(("halva", "baklava"))}
            if skus:
                baskets.append(basket(day, *sorted(skus)))
            day += max(1, round(chance.gauss(30, 4)))
        everybody.append(baskets)
    return everybody
