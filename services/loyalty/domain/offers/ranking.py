"""Which articles a customer is most likely to put into the next basket, and on what ground.

An article's points are what the customer's own baskets say of it (each counts half as much for every year
that it is ago), plus `prior` times what everybody's do: what goes with their articles, and what is popular.
How the grounds are blended is learnt (`choosing`), so that where customers have no habits the list comes to
that of what is popular, and where they have, to their own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from services.loyalty.domain.offers.basket import Basket
from services.loyalty.domain.offers.table import Article, Blend, Summary

#: Own articles that are looked at: those bought last.
MOST_OWN = 200
#: Articles that go with these and are looked at: those that go best.
MOST_TOGETHER = 100
#: Days after which an own basket counts half.
_HALF = 365.0
#: An article is due again when so much of its interval has passed: it is better offered before it is missed.
DUE = 0.8
#: So many intervals of everybody stand against those of one's own.
_SHRINK = 2.0


@dataclass(frozen=True, slots=True)
class Own:
    """What a customer's baskets say of an article.

    `times` on which it was bought, `since` in days, `every` in days: their own interval, shrunk towards that
    of everybody; None where neither is known. `weight` is 1 for each basket, less the longer it is ago.
    """

    times: int
    since: int
    every: float | None
    weight: float

    @property
    def due(self) -> bool:
        """Whether it is time to buy it again."""
        return self.every is not None and self.since >= DUE * self.every


@dataclass(frozen=True, slots=True)
class Candidate:
    """An article with its grounds, as shares of baskets; `anchor` is the own one that it goes with best."""

    sku: str
    own: Own | None
    together: float
    anchor: str | None
    share: float
    lately: float

    def popular(self, blend: Blend) -> float:
        """Return the share of baskets that have it, of all times or lately."""
        return (1 - blend.lately) * self.share + blend.lately * self.lately

    def points(self, blend: Blend, *, discovery: bool = False) -> float:
        """Return what speaks for it; with `discovery` as if it had never been bought."""
        popular = self.popular(blend)
        mix = blend.discovery if discovery else blend.together
        everybody = (1 - mix) * popular + mix * self.together
        if discovery or self.own is None:
            return blend.prior * everybody
        return self.own.weight * (1.0 if self.own.due else blend.early) + blend.prior * everybody


class Near(NamedTuple):
    """How well an article goes with a customer's own ones, as a share of baskets, and best with `anchor`."""

    together: float
    anchor: str | None


_FAR = Near(0.0, None)


def own_of(baskets: Sequence[Basket], today: int) -> dict[str, list[int]]:
    """Return the days up to `today` on which each article was bought, of those bought last."""
    days: dict[str, list[int]] = {}
    for basket in baskets:
        if basket.day <= today:
            for line in basket.lines:
                days.setdefault(line.sku, []).append(basket.day)
    latest = sorted(days, key=lambda sku: days[sku][-1], reverse=True)[:MOST_OWN]
    return {sku: days[sku] for sku in latest}


def nearest(
    own: Mapping[str, Sequence[int]], articles: Mapping[str, Article], summary: Summary, today: int
) -> dict[str, Near]:
    """Return what goes best with a customer's own articles, by what `articles` tell of these."""
    together: dict[str, float] = {}
    best: dict[str, tuple[float, str]] = {}
    for sku, days in own.items():
        weight = min(1.0, _weight(days, today))
        for neighbour in articles[sku].neighbours if sku in articles else ():
            part = weight * neighbour.score
            together[neighbour.name] = together.get(neighbour.name, 0.0) + part
            if part > best.get(neighbour.name, (0.0, ""))[0]:
                best[neighbour.name] = (part, sku)
    scale = summary.size / sum(together.values()) if together else 0.0
    listed = sorted(together, key=lambda sku: (-together[sku], sku))[:MOST_TOGETHER]
    return {sku: Near(together[sku] * scale, best[sku][1]) for sku in listed}


def candidates(
    own: Mapping[str, Sequence[int]],
    near: Mapping[str, Near],
    articles: Mapping[str, Article],
    summary: Summary,
    today: int,
) -> list[Candidate]:
    """Return what could be offered. `articles` has those of `own`, of `near`, and the popular ones."""
    found = []
    for sku in dict.fromkeys([*own, *near, *summary.popular]):
        about = articles.get(sku)
        mine = _own(own[sku], about, today) if sku in own else None
        goes = near.get(sku, _FAR)
        share, lately = (about.share, about.lately) if about else (0.0, 0.0)
        found.append(Candidate(sku, mine, goes.together, goes.anchor, share, lately))
    return found


def ranked(
    found: Iterable[Candidate], blend: Blend, limit: int, *, discovery: bool = False
) -> list[Candidate]:
    """Return the first so many candidates; with `discovery` only what the customer never bought."""
    wanted = [one for one in found if not (discovery and one.own)]
    wanted.sort(key=lambda one: (-one.points(blend, discovery=discovery), -one.share, one.sku))
    return wanted[:limit]


def _own(days: Sequence[int], about: Article | None, today: int) -> Own:
    typical, intervals = (about.every if about else None), len(days) - 1
    passed = days[-1] - days[0]
    if typical is not None:
        every: float | None = (passed + _SHRINK * typical) / (intervals + _SHRINK)
    else:
        every = passed / intervals if intervals >= 2 else None
    return Own(len(days), today - days[-1], every, _weight(days, today))


def _weight(days: Sequence[int], today: int) -> float:
    return sum(float(0.5 ** ((today - day) / _HALF)) for day in days)
