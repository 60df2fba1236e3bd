"""What to offer instead of an article that is out of stock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import exp, log, sqrt

from services.loyalty.domain.offers.table import Article

#: What an article that goes with nothing the other goes with still counts, if it is of the same category.
_KIND = 0.1


@dataclass(frozen=True, slots=True)
class Alternative:
    """An article instead of another.

    Attributes:
        same_category: whether it is of the same one; otherwise only what goes with it speaks for it.
        similarity: of what they are bought together with, from 0 to 100.
        dearer: by how many percent; below 0 it is cheaper; None where a price is not known.
    """

    sku: str
    same_category: bool
    similarity: int
    dearer: int | None


def alternatives(wanted: Article, others: Iterable[Article], limit: int) -> list[Alternative]:
    """Return the best so many of `others`: of its category, bought with the same things, near in price."""
    found = []
    for other in others:
        if other.sku == wanted.sku:
            continue
        same = wanted.category is not None and other.category == wanted.category
        alike = similarity(wanted, other)
        points = (alike + (_KIND if same else 0.0)) * nearness(wanted.price, other.price)
        if points > 0 and (same or wanted.category is None):
            found.append((-points, -other.baskets, other.sku, _told(wanted, other, same, alike)))
    return [told for *_, told in sorted(found, key=lambda one: one[:3])[:limit]]


def similarity(one: Article, other: Article) -> float:
    """Return the cosine, from 0 to 1, of what they are bought together with, themselves left out."""
    here, there = _profile(one, other.sku), _profile(other, one.sku)
    product = sum(score * there.get(name, 0.0) for name, score in here.items())
    return product / (_length(here) * _length(there)) if product else 0.0


def nearness(price: int | None, other: int | None) -> float:
    """Return 1 for the same price, 1/2 for twice or half of it, and so on; 1 where one is not known."""
    if not price or not other:
        return 1.0
    return exp(-abs(log(other / price)))


def _told(wanted: Article, other: Article, same: bool, alike: float) -> Alternative:
    dearer = round(100 * (other.price / wanted.price - 1)) if wanted.price and other.price else None
    return Alternative(other.sku, same, round(100 * alike), dearer)


def _profile(article: Article, without: str) -> dict[str, float]:
    return {near.name: near.score for near in article.neighbours if near.name != without}


def _length(profile: Mapping[str, float]) -> float:
    return sqrt(sum(score * score for score in profile.values()))
