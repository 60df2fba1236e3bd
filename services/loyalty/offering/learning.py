"""The job that learns from the ledger what goes with what, and puts it in force."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from services.loyalty.domain.codec import decode_fact
from services.loyalty.domain.offers.basket import Basket, baskets_of
from services.loyalty.domain.offers.learning import Table, learn
from services.loyalty.offering.codec import encode_article, encode_category, encode_summary
from services.loyalty.offering.store import OfferStore
from wafa.contracts.times import format_time


def learn_from_ledger(store: OfferStore, now: datetime) -> Table | None:
    """Learn, and put it in force; None, and nothing changed, where no purchase has lines.

    The ledger is read three times, customer by customer; what is held is bounded (`domain.offers.counting`).
    """
    table = learn(lambda: _everybody(store.facts()))
    if table is None:
        return None
    learnt_at = format_time(now)
    store.publish(
        learnt_at,
        {"learnt_at": now, **encode_summary(table.summary)},
        map(encode_article, table.articles.values()),
        map(encode_category, table.categories),
    )
    return table


def _everybody(facts: Iterable[Iterable[dict[str, Any]]]) -> Iterator[list[Basket]]:
    for of_one in facts:
        yield baskets_of(map(decode_fact, of_one))
