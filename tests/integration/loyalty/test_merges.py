"""Merges, their undoing and erasures, against a real database."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from pymongo import MongoClient
from pymongo.database import Database

from services.loyalty import queries, rebuilding
from services.loyalty.domain.codec import decode_fact, decode_state
from services.loyalty.domain.facts import Line
from services.loyalty.domain.program import Program
from services.loyalty.family import Circular
from services.loyalty.redeeming import redeem
from services.loyalty.store import LoyaltyStore
from tests.conftest import unique_name
from tests.unit.loyalty import people, test_merging
from tests.unit.loyalty.people import Bus, erased, merged, unmerged
from wafa.contracts.envelope import Event

MARCH = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOW = datetime(2026, 3, 18, tzinfo=UTC)


class Crash(Exception):
    """The process dies here."""


class Failing(Bus):
    """The process dies when it publishes an event of this type."""

    at: str = ""

    def __call__(self, events: list[Event]) -> None:
        if any(event["type"] == self.at for event in events):
            raise Crash
        super().__call__(events)


@pytest.fixture
def bus() -> Failing:
    return Failing()


@pytest.fixture
def take_in(store: LoyaltyStore, bus: Bus, program: Program) -> Callable[..., None]:
    def take_in(*events: Event, now: datetime = NOW) -> None:
        people.take_in(store, bus, program, *events, now=now)

    return take_in


@pytest.fixture
def shown(store: LoyaltyStore, program: Program) -> Callable[[str], dict[str, Any] | None]:
    return lambda customer_id: queries.member(store, program, customer_id, NOW)


def bought(who: str, day: int, amount: int = 60_00) -> Event:
    time = MARCH + timedelta(days=day)
    return people.recorded(who, "purchase.completed.v1", f"{who}{day}", time, f"p{who}{day}", amount)


def test_a_merged_customer_is_one_member_with_all_that_both_have_bought(
    take_in: Callable, bus: Bus, shown: Callable, store: LoyaltyStore, program: Program
) -> None:
    take_in(bought("a", 0), bought("b", 3))

    take_in(merged("a", "b", 1), bought("a", 5))

    member = shown("b")
    assert (member["purchase_count"], member["points"], member["tier"]) == (3, 195, "silver")
    assert shown("a") == member
    entries = queries.ledger(store, program, "a", NOW)["entries"]
    assert [entry["balance"] for entry in entries] == [195, 120, 60]
    assert bus.of("customer.change_applied.v1") == [{"change_id": "a 1", "service": "loyalty"}]
    assert queries.summary(store, program)["members"] == 1
    assert [one["customer_id"] for one in queries.members(store, None, 10)["members"]] == ["b"]


def test_the_ledger_keeps_the_id_that_a_purchase_came_with(take_in: Callable, store: LoyaltyStore) -> None:
    take_in(bought("a", 0), merged("a", "b", 1))
    take_in(bought("a", 5))
    assert [row["_id"] for row in store.ledger(["a"])["a"]] == ["a0", "a5"]


def test_after_an_un_merge_both_are_told_anew_and_are_what_they_were(
    take_in: Callable, bus: Bus, shown: Callable
) -> None:
    take_in(bought("a", 0), bought("b", 3))
    before = shown("a"), shown("b")
    take_in(merged("a", "b", 1))
    bus.clear()

    take_in(unmerged("a", "b", 2))

    assert (shown("a"), shown("b")) == before
    told = {one["customer_id"]: one["version"] for one in bus.of("loyalty.member_updated.v1")}
    assert told.keys() == {"a", "b"}
    assert told["a"] > 1
    assert told["b"] > 2


def test_who_never_bought_is_nobody_before_a_merge_and_after_its_undoing(
    take_in: Callable, shown: Callable, store: LoyaltyStore, program: Program
) -> None:
    take_in(bought("a", 0))
    take_in(merged("a", "b", 1))
    assert shown("b")["purchase_count"] == 1
    take_in(unmerged("a", "b", 2))
    assert shown("b") is None
    assert queries.summary(store, program)["members"] == 1


def test_a_person_who_was_recognised_is_not_recognised_once_more(take_in: Callable, bus: Bus) -> None:
    take_in(bought("a", 0), bought("a", 2), bought("b", 3))
    take_in(merged("a", "b", 1))
    take_in(bought("b", 4))
    assert [one["customer_id"] for one in bus.of("customer.recognized.v1")] == ["a"]

    take_in(unmerged("a", "b", 2))

    assert [one["customer_id"] for one in bus.of("customer.recognized.v1")] == ["a", "b"]


def test_a_late_purchase_of_a_merged_customer_counts_with_the_rest(
    take_in: Callable, shown: Callable
) -> None:
    take_in(bought("a", 4), bought("b", 6), merged("a", "b", 1))
    take_in(bought("a", 1))
    take_in(bought("b", 0))
    assert shown("b")["purchase_count"] == 4


def test_an_older_merge_that_comes_after_its_undoing_has_no_effect(
    take_in: Callable, shown: Callable, bus: Bus
) -> None:
    take_in(bought("a", 0), unmerged("a", "b", 2))
    take_in(merged("a", "b", 1))
    assert shown("a")["customer_id"] == "a"
    assert len({one["change_id"] for one in bus.of("customer.change_applied.v1")}) == 2


def test_merges_that_would_close_a_circle_wait_for_the_un_merge_between_them(
    take_in: Callable, shown: Callable
) -> None:
    take_in(bought("a", 0), bought("b", 1))
    circle = merged("a", "b", 1), merged("b", "a", 1)
    with pytest.raises(Circular):
        take_in(*circle)
    assert (shown("a")["purchase_count"], shown("b")["purchase_count"]) == (1, 1)

    take_in(unmerged("a", "b", 2), *circle)

    assert shown("b") == shown("a")
    assert (shown("a")["customer_id"], shown("a")["purchase_count"]) == ("a", 2)


def test_of_a_chain_the_middle_can_be_taken_out(take_in: Callable, shown: Callable) -> None:
    take_in(bought("a", 0), bought("b", 1), bought("c", 2))
    take_in(merged("a", "b", 1))
    take_in(merged("b", "c", 1))
    assert shown("a")["purchase_count"] == 3

    take_in(unmerged("a", "b", 2))
    assert (shown("a")["purchase_count"], shown("b")["purchase_count"]) == (1, 2)
    take_in(unmerged("b", "c", 2))
    assert [shown(one)["purchase_count"] for one in "abc"] == [1, 1, 1]


@pytest.mark.parametrize(
    "at", ["loyalty.member_updated.v1", "customer.recognized.v1", "customer.change_applied.v1"]
)
def test_a_merge_is_finished_by_whoever_gets_it_after_a_death(
    take_in: Callable, bus: Failing, shown: Callable, at: str
) -> None:
    take_in(bought("a", 0), bought("b", 3))
    bus.at = at
    with pytest.raises(Crash):
        take_in(merged("a", "b", 1))
    bus.at = ""

    take_in(merged("a", "b", 1))

    assert shown("b")["purchase_count"] == 2
    assert len({event["id"] for event in bus if event["type"] == "customer.recognized.v1"}) == 1
    assert bus.of("loyalty.member_updated.v1")[-1]["purchase_count"] == 2
    assert bus.of("customer.change_applied.v1")


def test_a_redemption_under_an_old_id_is_of_the_points_of_the_person(
    take_in: Callable, store: LoyaltyStore, bus: Bus, program: Program, shown: Callable
) -> None:
    take_in(bought("a", 0), bought("b", 1), merged("a", "b", 1))
    redeem("a", "1", 100, store, bus, program, NOW)
    assert shown("b")["points"] == 20

    redeem("b", "1", 100, store, bus, program, NOW)
    assert shown("b")["points"] == 20, "asked for again under the person's other id"


def test_of_an_erased_customer_nothing_is_left_but_that_and_the_ledger(
    take_in: Callable, bus: Bus, shown: Callable, store: LoyaltyStore, program: Program, database: Database
) -> None:
    take_in(bought("a", 0), bought("b", 1), bought("c", 2), merged("a", "b", 1))

    take_in(erased("a"), erased("b"))
    take_in(bought("a", 5), bought("b", 6), merged("a", "b", 1))

    assert (shown("a"), shown("b")) == (None, None)
    for document in database["members"].find({"_id": {"$in": ["a", "b"]}}):
        assert document.keys() <= {"_id", "version", "updated_at", "written_by", "erased", "pending"}
        assert document["pending"] == []
    assert database["ledger"].count_documents({}) == 3, "what comes later is not filed"
    rows = database["ledger"].find({"customer_id": {"$in": ["a", "b"]}})
    assert {row["fact"]["purchase"] for row in rows} == {"erased"}, "a till's number leads back to the person"
    assert {"change_id": "e1", "service": "loyalty"} in bus.of("customer.change_applied.v1")
    assert queries.summary(store, program)["members"] == 1
    assert rebuilding.rebuild_page(None, 10, False, store, bus, program, NOW)["different"] == []


def test_what_was_granted_to_an_alias_is_the_persons_and_goes_back_with_it(
    take_in: Callable, shown: Callable, store: LoyaltyStore, program: Program
) -> None:
    given = people.granted("a", "k1", NOW - timedelta(days=3), "g1", 250)

    take_in(merged("a", "b", 1), given, bought("b", 1), given)
    assert shown("b")["points"] == 310
    entries = queries.ledger(store, program, "a", NOW)["entries"]
    assert [one.get("reason") for one in entries] == ["Sorry, a", None]

    take_in(unmerged("a", "b", 2))
    assert (shown("a")["points"], shown("b")["points"]) == (250, 60)


def test_of_a_grant_to_an_erased_customer_neither_its_reason_nor_its_number_is_left(
    take_in: Callable, database: Database
) -> None:
    take_in(people.granted("a", "k1", NOW - timedelta(days=3), "ticket-7", 250))

    take_in(erased("a"))

    [row] = database["ledger"].find()
    assert (row["fact"]["grant"], row["fact"]["reason"], row["fact"]["points"]) == ("erased", "erased", 250)


def test_of_what_an_erased_customer_bought_the_articles_are_left_and_not_their_names(
    take_in: Callable, database: Database, store: LoyaltyStore
) -> None:
    event = bought("a", 0)
    price = {"amount": "30.00", "currency": "USD"}
    line = {
        "sku": "mug",
        "category": "gifts",
        "name": "Mug, engraved: Sara",
        "quantity": 2,
        "unit_price": price,
    }
    event["data"]["data"]["lines"] = [line]
    take_in(event)
    [before] = store.ledger(["a"])["a"]
    assert decode_fact(before["fact"]).lines == (Line("mug", "gifts", 2, 30_00, "Mug, engraved: Sara"),)

    take_in(erased("a"))

    [row] = database["ledger"].find()
    assert "Sara" not in str(row)
    assert decode_fact(row["fact"]).lines == (Line("mug", "gifts", 2, 30_00),)


def test_rebuild_counts_a_merged_customer_once_and_puts_right_what_is_wrong(
    take_in: Callable, shown: Callable, store: LoyaltyStore, bus: Bus, program: Program, database: Database
) -> None:
    take_in(bought("a", 0), bought("b", 3), merged("a", "b", 1))
    page = rebuilding.rebuild_page(None, 10, False, store, bus, program, NOW)
    assert (page["checked"], page["different"]) == (1, [])
    database["members"].update_one({"_id": "b"}, {"$set": {"state.spend": 1, "aliases": []}})

    [found] = rebuilding.rebuild_page(None, 10, True, store, bus, program, NOW)["different"]

    assert found["fields"] == [
        {"field": "spend", "live": 1, "ledger": 12000},
        {"field": "aliases", "live": [], "ledger": ["a"]},
    ]
    assert shown("a")["spend"]["amount"] == "120.00"
    assert rebuilding.rebuild_page(None, 10, False, store, bus, program, NOW)["different"] == []


def test_a_member_is_shown_as_of_a_day(take_in: Callable, store: LoyaltyStore, program: Program) -> None:
    take_in(bought("a", 0), bought("b", 5), merged("a", "b", 1))

    def purchases(as_of: str) -> Any:
        member = queries.member(store, program, "b", NOW, as_of)
        return member and member.get("purchase_count", member.get("error", {}).get("message"))

    assert purchases("2026-02-28") is None
    assert purchases("2026-03-01") == 1
    assert purchases("2026-03-06T11:59:59Z") == 1
    assert purchases("2026-03-06T15:00:00+03:00") == 2
    assert purchases("2026-03-18") == 2
    assert purchases("2026-03-19") == "2026-03-19 has not come yet"
    assert "must be a date" in purchases("yesterday")


@settings(deadline=None, max_examples=12, suppress_health_check=list(HealthCheck))
@given(test_merging.deliveries())
def test_any_order_of_facts_and_merges_makes_the_same_members(
    mongo_client: MongoClient, program: Program, delivered: tuple[people.Story, list[list[Event]]]
) -> None:
    (story, batches), name = delivered, unique_name()
    store = LoyaltyStore(mongo_client[name])
    store.create_indexes()
    try:
        test_merging.arrive(store, Bus(), program, batches)
        found = {
            one["_id"]: decode_state(one["state"])
            for one in mongo_client[name]["members"].find({"state.last": {"$ne": None}})
        }
    finally:
        mongo_client.drop_database(name)
    assert found == test_merging.expected(program, story)
