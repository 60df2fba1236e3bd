"""What `wafa recommendations` runs in its own process: learning from the ledger, measuring on a file."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from services.loyalty.domain.facts import Line
from services.loyalty.domain.offers.basket import Basket
from services.loyalty.domain.offers.comparing import Comparison, Score, compare
from services.loyalty.offering.learning import learn_from_ledger
from services.loyalty.offering.store import OfferStore
from wafa.runtime.clock import now
from wafa.runtime.mongo import open_database
from wafa.runtime.settings import load_settings

#: A purchase of a file: customer, day (its ordinal), article, category.
Row = tuple[str, int, str, str | None]


def learn(mongodb_uri: str | None = None) -> dict[str, Any] | None:
    """Learn from loyalty's ledger and put it in force; None where no purchase has lines.

    The database is that of the settings, on the server at `mongodb_uri` where that is given.
    """
    settings = load_settings()
    database = open_database(mongodb_uri or settings.mongodb_uri, settings.database("loyalty"))
    try:
        store = OfferStore(database)
        store.create_indexes()
        table = learn_from_ledger(store, now())
    finally:
        database.client.close()
    return table and {
        "baskets": table.summary.baskets,
        "customers": table.summary.customers,
        "articles": len(table.articles),
        "categories": len(table.categories),
        "until": str(date.fromordinal(table.summary.day)),
        "blend": asdict(table.summary.blend),
    }


def measure(rows: Iterable[Row], shares: Sequence[float]) -> list[dict[str, Any]]:
    """Return how the methods did at each cut: after these shares of the time that the purchases cover."""
    days: dict[str, dict[int, dict[str, Line]]] = {}
    for customer, day, sku, category in rows:
        days.setdefault(customer, {}).setdefault(day, {})[sku] = Line(sku, category, 1, None)
    everybody = [
        [Basket(day, tuple(lines.values())) for day, lines in sorted(one.items())] for one in days.values()
    ]
    first = min(baskets[0].day for baskets in everybody)
    last = max(baskets[-1].day for baskets in everybody)
    cuts = dict.fromkeys(first + round((last - first) * share) for share in shares)
    return [*_shown(compare(lambda: everybody, cut) for cut in cuts)]


def _shown(found: Iterable[Comparison | None]) -> Iterator[dict[str, Any]]:
    for one in found:
        if one:
            yield {
                "cut": str(date.fromordinal(one.cut)),
                "customers": one.customers,
                "next_basket": {name: _rates(score) for name, score in one.whole.items()},
                "new_articles": {name: _rates(score) for name, score in one.new.items() if score.baskets},
                "blend": asdict(one.blend),
            }


def _rates(score: Score) -> dict[str, float]:
    return {
        "baskets": score.baskets,
        "hit_rate_5": round(score.hits_5 / score.baskets, 4),
        "hit_rate_10": round(score.hits_10 / score.baskets, 4),
        "recall_10": round(score.recall / score.baskets, 4),
    }
