"""Offers measured on the past: how often the next basket holds what a list would have named before it."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from services.loyalty.domain.offers.learning import Everybody, learn
from services.loyalty.domain.offers.ranking import Candidate, candidates, nearest, own_of, ranked
from services.loyalty.domain.offers.table import Blend, Summary

#: A basket that comes later than so many days after the cut is not what was offered for.
WITHIN = 91
LONG = 10
SHORT = 5
POPULAR, OWN, TOGETHER, OURS = "most popular", "own most frequent", "bought together", "ours"


@dataclass(slots=True)
class Score:
    """How a list did: `hits_5`, `hits_10` count the baskets that held something of its first 5 or 10.

    `recall` adds up the share of each basket that its first 10 named; `baskets` says how many there were.
    """

    baskets: int = 0
    hits_5: int = 0
    hits_10: int = 0
    recall: float = 0.0

    def count(self, listed: Sequence[str], bought: frozenset[str]) -> None:
        """Count a basket."""
        found = [sku in bought for sku in listed[:LONG]]
        self.baskets += 1
        self.hits_5 += any(found[:SHORT])
        self.hits_10 += any(found)
        self.recall += sum(found) / len(bought)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The scores of each method at a cut: of whole next baskets, and of what was new in them."""

    cut: int
    customers: int
    whole: dict[str, Score]
    new: dict[str, Score]
    blend: Blend


def compare(everybody: Everybody, cut: int) -> Comparison | None:
    """Return how the methods did on the next baskets from the day `cut` on, all learnt from the days before.

    A customer counts who bought before and does again within `WITHIN` days. None where nobody does.
    """
    table = learn(everybody, until=cut - 1)
    if table is None:
        return None
    counted = Counter({one.sku: one.baskets for one in table.articles.values()})
    popular = [sku for sku, _ in sorted(counted.items(), key=lambda one: (-one[1], one[0]))]
    whole, new = ({name: Score() for name in _METHODS} for _ in range(2))
    customers = 0
    for baskets in everybody():
        own = own_of(baskets, cut - 1)
        following = next((one for one in baskets if cut <= one.day < cut + WITHIN), None)
        if not own or not following:
            continue
        customers += 1
        bought = frozenset(line.sku for line in following.lines)
        near = nearest(own, table.articles, table.summary, cut)
        found = candidates(own, near, table.articles, table.summary, cut)
        for name, method in _METHODS.items():
            whole[name].count(method(found, popular, table.summary, False), bought)
            if fresh := bought - own.keys():
                new[name].count(method(found, popular, table.summary, True), fresh)
    return Comparison(cut, customers, whole, new, table.summary.blend) if customers else None


_Method = Callable[[Sequence[Candidate], Sequence[str], Summary, bool], list[str]]


def _popular(found: Sequence[Candidate], popular: Sequence[str], summary: Summary, new: bool) -> list[str]:
    return _filled((), found, popular, new)


def _own(found: Sequence[Candidate], popular: Sequence[str], summary: Summary, new: bool) -> list[str]:
    mine = [one for one in found if one.own]
    mine.sort(key=lambda one: (-one.own.times if one.own else 0, -one.share))
    return _filled((one.sku for one in mine), found, popular, new)


def _together(found: Sequence[Candidate], popular: Sequence[str], summary: Summary, new: bool) -> list[str]:
    near = sorted((one for one in found if one.together), key=lambda one: (-one.together, -one.share))
    return _filled((one.sku for one in near), found, popular, new)


def _ours(found: Sequence[Candidate], popular: Sequence[str], summary: Summary, new: bool) -> list[str]:
    return [one.sku for one in ranked(found, summary.blend, LONG, discovery=new)]


def _filled(first: Iterable[str], found: Sequence[Candidate], popular: Sequence[str], new: bool) -> list[str]:
    """Return ten articles: of `first`, then what is popular; with `new` none that the customer has."""
    mine = {one.sku for one in found if one.own} if new else frozenset[str]()
    wanted = dict.fromkeys([*first, *popular])
    return list(islice((sku for sku in wanted if sku not in mine), LONG))


_METHODS: dict[str, _Method] = {POPULAR: _popular, OWN: _own, TOGETHER: _together, OURS: _ours}
