"""Baskets: what of a day's purchases was not brought back."""

from collections.abc import Iterable
from typing import NamedTuple

from services.loyalty.domain.days import day_of
from services.loyalty.domain.facts import Fact, Line, Purchase, Return, moment


class Basket(NamedTuple):
    """The articles of a UTC day (its ordinal), each once."""

    day: int
    lines: tuple[Line, ...]


def baskets_of(facts: Iterable[Fact]) -> list[Basket]:
    """Return a customer's baskets by day. Days of which no article is known, or none was kept, have none.

    A purchase that is told twice counts once. A return takes off the articles that it names; one that names
    none takes off all of them, once the whole amount is back.
    """
    purchases: dict[str, Purchase] = {}
    returns: dict[str, list[Return]] = {}
    for fact in sorted(facts, key=moment):
        match fact:
            case Purchase():
                purchases.setdefault(fact.purchase, fact)
            case Return():
                returns.setdefault(fact.purchase, []).append(fact)
    days: dict[int, dict[str, Line]] = {}
    for identity, purchase in purchases.items():
        for line in _kept(purchase, returns.get(identity, [])):
            day = days.setdefault(day_of(purchase.time), {})
            before = day.get(line.sku)
            day[line.sku] = line._replace(quantity=line.quantity + (before.quantity if before else 0))
    return [Basket(day, tuple(lines.values())) for day, lines in sorted(days.items())]


def _kept(purchase: Purchase, returns: list[Return]) -> Iterable[Line]:
    if not returns:
        return purchase.lines
    if sum(one.amount for one in returns) >= purchase.amount:
        return ()
    back: dict[str, int] = {}
    for line in (line for one in returns for line in one.lines):
        back[line.sku] = back.get(line.sku, 0) + line.quantity
    left = (line._replace(quantity=line.quantity - back.get(line.sku, 0)) for line in purchase.lines)
    return [line for line in left if line.quantity > 0]
