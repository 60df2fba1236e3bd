"""What to offer a customer, and what to offer instead of an article. Everything returned is JSON."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.loyalty.domain.days import day_of
from services.loyalty.domain.facts import Fact
from services.loyalty.domain.money import from_minor
from services.loyalty.domain.offers.basket import baskets_of
from services.loyalty.domain.offers.ranking import candidates, nearest, own_of
from services.loyalty.domain.offers.substitutes import Alternative
from services.loyalty.domain.offers.substitutes import alternatives as ranked_alternatives
from services.loyalty.domain.offers.suggesting import Suggestion, again, new, next_category
from services.loyalty.domain.offers.table import Article
from services.loyalty.domain.program import Program
from services.loyalty.offering.codec import decode_article, decode_category, decode_summary
from services.loyalty.offering.store import OfferStore
from services.loyalty.offering.words import say
from wafa.contracts.times import format_time

#: Articles of the same category, or with common neighbours, that are looked at.
CONSIDERED = 200
_NOTHING: dict[str, Any] = {"learnt_at": None, "again": [], "new": [], "next_category": None}


def recommendations(
    store: OfferStore, facts: Sequence[Fact], program: Program, now: datetime, limit: int
) -> dict[str, Any]:
    """Return `again`, `new` and `next_category`; nothing before anything was learnt (`learnt_at` is null)."""
    learnt = store.in_force()
    if learnt is None:
        return _NOTHING
    summary, version, today = decode_summary(learnt), learnt["version"], day_of(now)
    baskets = baskets_of(facts)
    own = own_of(baskets, today)
    articles = _read(store, version, own)
    near = nearest(own, articles, summary, today)
    articles |= _read(store, version, {*near, *summary.popular} - articles.keys(), whole=False)
    found = candidates(own, near, articles, summary, today)
    names = _names(baskets, articles)
    categories = {one.name: one for one in map(decode_category, store.categories(version))}
    chosen = next_category(baskets, categories, own)
    if chosen:
        articles |= _read(store, version, {chosen[1].sku} - articles.keys(), whole=False)
        names |= _names((), articles)
    return {
        "learnt_at": format_time(learnt["learnt_at"]),
        "again": [_shown(one, articles, names, program) for one in again(found, summary.blend, limit)],
        "new": [_shown(one, articles, names, program) for one in new(found, articles, summary.blend, limit)],
        "next_category": chosen and _shown(chosen[1], articles, names, program, chosen[0]),
    }


def alternatives(store: OfferStore, sku: str, program: Program, limit: int) -> dict[str, Any] | None:
    """Return what to offer instead of an article, the best first; None where nothing is known of it."""
    learnt = store.in_force()
    found = _read(store, learnt["version"], [sku]) if learnt else {}
    if learnt is None or sku not in found:
        return None
    wanted, version = found[sku], learnt["version"]
    others = _others(store, version, wanted)
    chosen = ranked_alternatives(wanted, others.values(), limit)
    return {
        "sku": sku,
        "learnt_at": format_time(learnt["learnt_at"]),
        "alternatives": [_instead(one, others[one.sku], program) for one in chosen],
    }


def _others(store: OfferStore, version: str, wanted: Article) -> dict[str, Article]:
    """Return those of its category; where it has none, those that go with the same things."""
    if wanted.category is not None:
        kind = store.of_category(version, wanted.category, CONSIDERED)
        return {one.sku: one for one in map(decode_article, kind)}
    beside = _read(store, version, [near.name for near in wanted.neighbours])
    points: dict[str, float] = {}
    for near in wanted.neighbours:
        for other in beside[near.name].neighbours if near.name in beside else ():
            points[other.name] = points.get(other.name, 0.0) + near.score * other.score
    return _read(store, version, sorted(points, key=lambda one: (-points[one], one))[:CONSIDERED])


def _read(store: OfferStore, version: str, skus: Any, *, whole: bool = True) -> dict[str, Article]:
    return {one.sku: one for one in map(decode_article, store.articles(version, skus, whole=whole))}


def _names(baskets: Sequence[Any], articles: Mapping[str, Article]) -> dict[str, str]:
    """Return what articles are called: as this customer was told, else as others were."""
    names = {one.sku: one.name for one in articles.values() if one.name}
    return names | {line.sku: line.name for one in baskets for line in one.lines if line.name}


def _shown(
    told: Suggestion,
    articles: Mapping[str, Article],
    names: Mapping[str, str],
    program: Program,
    category: str | None = None,
) -> dict[str, Any]:
    about = articles.get(told.sku)
    anchor = told.anchor or ""
    said = say(told, names.get(told.sku, told.sku), names.get(anchor, anchor), category or "")
    shown: dict[str, Any] = {
        "sku": told.sku,
        "name": names.get(told.sku),
        "category": category or (about.category if about else None),
        "price": _money(about.price if about else None, program),
        "reason": {"code": told.reason.value, "with": told.anchor, **told.figures},
        "say": said,
    }
    shown["reason"] = _given(shown["reason"])
    return _given(shown)


def _instead(told: Alternative, about: Article, program: Program) -> dict[str, Any]:
    shown = {
        "sku": told.sku,
        "name": about.name,
        "category": about.category,
        "price": _money(about.price, program),
        "same_category": told.same_category,
        "similarity_percent": told.similarity,
        "dearer_percent": told.dearer,
    }
    return _given(shown)


def _money(minor: int | None, program: Program) -> dict[str, str] | None:
    if minor is None:
        return None
    return {"amount": f"{from_minor(minor, program):f}", "currency": program.base_currency}


def _given(figures: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in figures.items() if value is not None}
