"""What to offer is learnt from the ledger, put in force as a whole, and read for one customer at a time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from pymongo.database import Database

from services.loyalty import queries
from services.loyalty.domain.offers.basket import Basket
from services.loyalty.domain.program import Program
from services.loyalty.offering.learning import learn_from_ledger
from services.loyalty.store import LoyaltyStore
from tests.unit.loyalty import people
from tests.unit.loyalty.people import Bus, erased
from tests.unit.loyalty.shop_of_habits import FIRST, LAST, PRICES, habits
from wafa.contracts.envelope import Event
from wafa.contracts.times import format_time
from wafa.runtime.errors import InvalidArgument

NOW = datetime.fromordinal(LAST + 1).replace(tzinfo=UTC)


def receipt(who: str, basket: Basket) -> Event:
    time = datetime.fromordinal(basket.day).replace(hour=9, tzinfo=UTC)
    event = people.recorded(
        who, "purchase.completed.v1", f"{who} {basket.day}", time, f"{who}{basket.day}", 20_00
    )
    event["data"]["data"]["lines"] = [
        {
            "sku": line.sku,
            "category": line.category,
            "name": f"The {line.sku}",
            "quantity": 1,
            "unit_price": {"amount": f"{PRICES.get(line.sku, 500) / 100:.2f}", "currency": "USD"},
        }
        for line in basket.lines
    ]
    return event


@pytest.fixture
def take_in(store: LoyaltyStore, program: Program) -> Callable[..., None]:
    return lambda *events: people.take_in(store, Bus(), program, *events, now=NOW)


@pytest.fixture
def shop(take_in: Callable[..., None]) -> None:
    """36 customers, `c0` and every third one after of whom drink coffee."""
    take_in(*(receipt(f"c{number}", one) for number, baskets in enumerate(habits(36)) for one in baskets))


def test_before_anything_was_learnt_nothing_is_offered(
    take_in: Callable[..., None], store: LoyaltyStore, program: Program
) -> None:
    take_in(receipt("c0", habits(1)[0][0]))
    found = queries.recommendations(store, program, "c0", NOW)
    assert found == {"customer_id": "c0", "learnt_at": None, "again": [], "new": [], "next_category": None}
    assert queries.alternatives(store, program, "beans") is None
    assert queries.recommendations(store, program, "nobody", NOW) is None


def test_a_customer_is_offered_what_runs_out_and_what_goes_with_it(
    shop: None, store: LoyaltyStore, program: Program
) -> None:
    table = learn_from_ledger(store.offers, NOW)
    assert table
    assert table.summary.customers == 36

    found = queries.recommendations(store, program, "c0", NOW, limit=3)

    assert found
    mine = {line.sku for one in habits(1)[0] for line in one.lines}
    assert found["learnt_at"] == format_time(NOW)
    assert {one["sku"] for one in found["again"]} <= mine
    assert mine.isdisjoint(one["sku"] for one in found["new"])
    beans = next(one for one in found["again"] if one["sku"] == "beans")
    assert (beans["name"], beans["price"]) == ("The beans", {"amount": "12.00", "currency": "USD"})
    assert beans["reason"]["times"] == sum(any(x.sku == "beans" for x in one.lines) for one in habits(1)[0])
    assert str(beans["reason"]["since_days"]) in beans["say"]["en"]
    assert "The beans" in beans["say"]["ar"]


def test_instead_of_an_article_one_of_its_kind_is_offered(
    shop: None, store: LoyaltyStore, program: Program
) -> None:
    learn_from_ledger(store.offers, NOW)
    found = queries.alternatives(store, program, "beans", limit=1)
    assert found
    [first] = found["alternatives"]
    assert (first["sku"], first["same_category"], first["dearer_percent"]) == ("beans decaf", True, 8)
    assert queries.alternatives(store, program, "never sold") is None


def test_a_version_is_in_force_as_a_whole_and_only_the_one_before_stays(
    shop: None, store: LoyaltyStore, program: Program, database: Database
) -> None:
    for days in range(3):
        learn_from_ledger(store.offers, NOW + timedelta(days))
    versions = sorted(database["offer_articles"].distinct("version"))
    assert len(versions) == 2
    assert store.offers.in_force()["version"] == versions[-1]
    store.offers.publish("0 of a job that was slow", {}, [], [])
    assert len(database["offer_articles"].distinct("version")) == 2


def test_of_who_was_erased_nothing_is_learnt(
    shop: None, take_in: Callable[..., None], store: LoyaltyStore
) -> None:
    take_in(*(erased(f"c{number}", f"e{number}") for number in range(0, 36, 3)))
    table = learn_from_ledger(store.offers, NOW)
    assert table
    assert table.summary.customers == 24
    assert "beans" not in table.articles


def test_no_operator_comes_in_by_an_argument(store: LoyaltyStore, program: Program) -> None:
    with pytest.raises(InvalidArgument):
        queries.alternatives(store, program, {"$gt": ""})  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument):
        queries.recommendations(store, program, "c0", NOW, limit="5")  # type: ignore[arg-type]


def test_a_ledger_without_lines_teaches_nothing(take_in: Callable[..., None], store: LoyaltyStore) -> None:
    time = datetime.fromordinal(FIRST).replace(tzinfo=UTC)
    take_in(people.recorded("c0", "purchase.completed.v1", "k", time, "p", 500))
    assert learn_from_ledger(store.offers, NOW) is None
    assert store.offers.in_force() is None
