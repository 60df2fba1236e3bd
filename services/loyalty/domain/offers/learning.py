"""From everybody's baskets to what is known of articles: read three times, never held."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from services.loyalty.domain.offers.basket import Basket
from services.loyalty.domain.offers.choosing import MOST_CASES, Case, choose
from services.loyalty.domain.offers.counting import Census, Pairs
from services.loyalty.domain.offers.ranking import candidates, nearest, own_of
from services.loyalty.domain.offers.table import Article, Category, Summary

#: Days that are held back to choose the blend by; no more than a quarter of all.
HELD_BACK = 60

#: All customers' baskets, each customer's by day. It is asked three times, for the same each time.
Everybody = Callable[[], Iterable[Sequence[Basket]]]


@dataclass(frozen=True, slots=True)
class Table:
    """What was learnt, whole; a service reads of it only what a customer needs."""

    summary: Summary
    articles: dict[str, Article]
    categories: tuple[Category, ...]


def learn(everybody: Everybody, until: int | None = None) -> Table | None:
    """Return what the baskets up to the day `until` tell; None where there are none.

    The blend is chosen on the last weeks before, by what was known when they began.
    """
    census = Census()
    for baskets in everybody():
        census.add(_until(baskets, until))
    if census.first is None or census.last is None:
        return None
    names, categories = census.articles(), census.categories()
    cut = census.last - min(HELD_BACK, (census.last - census.first) // 4)
    before, pairs = Pairs(names, categories, cut - 1), Pairs(names, categories, census.last)
    customers = 0
    for baskets in everybody():
        customers += 1
        before.add(baskets)
        pairs.add(baskets)
    known, summary = {one.sku: one for one in before.articles()}, before.summary()
    cases = list(_cases(everybody(), known, summary, cut, until, max(1, customers // (4 * MOST_CASES))))
    blend = choose(cases)
    articles = {one.sku: one for one in pairs.articles()}
    return Table(replace(pairs.summary(), blend=blend), articles, tuple(pairs.categories()))


def _cases(
    everybody: Iterable[Sequence[Basket]],
    articles: dict[str, Article],
    summary: Summary,
    cut: int,
    until: int | None,
    every: int,
) -> Iterator[Case]:
    """Yield the cases of some customers, evenly out of all."""
    yielded = 0
    for number, baskets in enumerate(everybody):
        if number % every:
            continue
        own = own_of(baskets, cut - 1)
        following = next((one for one in _until(baskets, until) if one.day >= cut), None)
        if own and following:
            bought = frozenset(line.sku for line in following.lines)
            near = nearest(own, articles, summary, cut)
            yield Case(candidates(own, near, articles, summary, cut), bought)
            yielded += 1
        if yielded == MOST_CASES:
            return


def _until(baskets: Sequence[Basket], day: int | None) -> Sequence[Basket]:
    return baskets if day is None else [basket for basket in baskets if basket.day <= day]
