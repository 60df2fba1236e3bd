"""Counting baskets: two passes over all customers, in memory that does not grow with their number.

The first pass (`Census`) finds the articles in the most baskets, the second (`Pairs`) counts which of them go
together, in a triangle of `MOST_ARTICLES`² / 2 counters of 4 bytes: 32 MB, however long the ledger is.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from math import exp, log

from services.loyalty.domain.offers.basket import Basket
from services.loyalty.domain.offers.table import Article, Category, Summary
from services.loyalty.domain.offers.tallies import Shared, Together

#: Articles that are learnt of: those in the most baskets.
MOST_ARTICLES = 4000
#: Articles that are counted to find these. Where there are more, the rarest are forgotten on the way.
MOST_MET = 200_000
MOST_CATEGORIES = 400
#: An article of fewer customers is nobody else's business: it could be told whose it is.
FEWEST_CUSTOMERS = 3
#: Days after which a basket counts half in what is popular lately.
LATELY = 30.0
#: Repeated purchases of an article before it has a rhythm.
FEWEST_REPEATS = 5
POPULAR = 100
_GROWTH = log(1.12)  # The bins of intervals: each 12% wider than the one before, 64 of them reach 4 years.
_BINS = 64


class Census:
    """The first pass: how many baskets each article was in, and on which days there were baskets."""

    def __init__(self) -> None:
        self._baskets: Counter[str] = Counter()
        self._customers: Counter[str] = Counter()
        self._categories: Counter[str] = Counter()
        self.first: int | None = None
        self.last: int | None = None

    def add(self, baskets: Sequence[Basket]) -> None:
        """Count the baskets of a customer."""
        if not baskets:
            return
        self.first = min(baskets[0].day, self.first or baskets[0].day)
        self.last = max(baskets[-1].day, self.last or baskets[-1].day)
        self._baskets.update(line.sku for basket in baskets for line in basket.lines)
        self._customers.update({line.sku for basket in baskets for line in basket.lines})
        self._categories.update({line.category for one in baskets for line in one.lines if line.category})
        if len(self._baskets) > MOST_MET:
            self._baskets = Counter(dict(self._baskets.most_common(MOST_MET // 2)))
            self._customers = Counter({one: self._customers[one] for one in self._baskets})
        if len(self._categories) > MOST_MET:
            self._categories = Counter(dict(self._categories.most_common(MOST_MET // 2)))

    def articles(self) -> list[str]:
        """Return the articles in the most baskets, these first."""
        known = ((-number, sku) for sku, number in self._baskets.items() if self._is_shared(sku))
        return [sku for _, sku in sorted(known)[:MOST_ARTICLES]]

    def categories(self) -> list[str]:
        """Return the categories of the most customers, these first."""
        known = ((-number, name) for name, number in self._categories.items() if number >= FEWEST_CUSTOMERS)
        return [name for _, name in sorted(known)[:MOST_CATEGORIES]]

    def _is_shared(self, sku: str) -> bool:
        return self._customers[sku] >= FEWEST_CUSTOMERS


class Pairs:
    """The second pass: which articles go together in baskets, and which categories in customers.

    Args:
        articles: those that are counted.
        categories: those that are.
        today: the last day that counts; later baskets are left out.
    """

    def __init__(self, articles: Sequence[str], categories: Sequence[str], today: int) -> None:
        self.today = today
        self._articles, self._categories = Together(articles), Together(categories)
        self._lately = array("d", bytes(8 * len(articles)))
        self._gaps = [array("I", bytes(4 * _BINS)) for _ in articles]
        self._about: list[tuple[str | None, int | None]] = [(None, None)] * len(articles)
        self._names = [Shared() for _ in articles]
        self._weight = 0.0
        self._sold = 0
        self._baskets = self._customers = 0

    def add(self, baskets: Sequence[Basket]) -> None:
        """Count the baskets of a customer, given by day."""
        known = [basket for basket in baskets if basket.day <= self.today]
        if not known:
            return
        self._customers += 1
        self._categories.add({line.category for basket in known for line in basket.lines if line.category})
        last: dict[int, int] = {}
        for basket in known:
            weight = 0.5 ** ((self.today - basket.day) / LATELY)
            self._baskets += 1
            self._weight += weight
            for place in self._articles.add({line.sku for line in basket.lines}):
                self._sold += 1
                self._lately[place] += weight
                if place in last:
                    self._gaps[place][_bin(basket.day - last[place])] += 1
                last[place] = basket.day
            for line in basket.lines:
                at = self._articles.places.get(line.sku)
                if at is not None:
                    self._about[at] = (line.category or self._about[at][0], line.price)
                    self._names[at].hear(line.name, self._customers)

    def summary(self) -> Summary:
        """Return what holds for all articles; its blend is not chosen yet."""
        size = self._sold / self._baskets if self._baskets else 0.0
        counted = self._articles.counted
        places = sorted(range(len(counted)), key=lambda place: (-self._lately[place], -counted[place], place))
        popular = tuple(self._articles.names[place] for place in places[:POPULAR] if counted[place])
        return Summary(self.today, self._baskets, self._customers, size, popular)

    def articles(self) -> Iterable[Article]:
        """Yield what there is to tell of each article that was in a basket."""
        for place, sku in enumerate(self._articles.names):
            baskets = self._articles.counted[place]
            if not baskets:
                continue
            category, price = self._about[place]
            repeats = sum(self._gaps[place])
            yield Article(
                sku,
                category,
                self._names[place].word,
                price,
                baskets,
                baskets / self._baskets,
                # Of baskets of another century nothing is left.
                self._lately[place] / self._weight if self._weight else 0.0,
                _median(self._gaps[place]) if repeats >= FEWEST_REPEATS else None,
                repeats,
                self._articles.neighbours(place),
            )

    def categories(self) -> Iterable[Category]:
        """Yield what there is to tell of each category; its articles are those in the most baskets lately."""
        best: dict[str, list[tuple[float, str]]] = {}
        for place, (category, _) in enumerate(self._about):
            if category:
                best.setdefault(category, []).append((-self._lately[place], self._articles.names[place]))
        for place, name in enumerate(self._categories.names):
            articles = tuple(sku for _, sku in sorted(best.get(name, []))[:5])
            customers = self._categories.counted[place]
            if customers and articles:
                yield Category(name, customers, self._categories.neighbours(place), articles)


def _bin(days: int) -> int:
    return min(int(log(days) / _GROWTH), _BINS - 1)


def _median(bins: Sequence[int]) -> float:
    half, passed = sum(bins) / 2, 0
    for place, number in enumerate(bins):
        if passed + number >= half:
            within = (half - passed) / number if number else 0.0
            return exp((place + within) * _GROWTH)
        passed += number
    return exp(_BINS * _GROWTH)
