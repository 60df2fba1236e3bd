"""The audience made anew: equal to what it was, whatever was damaged; nobody is told anything by it."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo import MongoClient
from pymongo.database import Database

from services.notifications import handlers
from services.notifications.audience.rebuilding import DEAD, LEASE, Rebuilding
from services.notifications.domain.facts import Bounced
from services.notifications.store import NotificationsStore
from tests.conftest import unique_name
from tests.integration.notifications.parts import Notifications
from tests.unit.notifications.builders import (
    NOON,
    complained,
    created,
    erased,
    member_updated,
    recorded,
    repointed,
)
from wafa.contracts.envelope import Event
from wafa.runtime.clock import now
from wafa.runtime.errors import InvalidArgument

HISTORY = [
    created("sara", emails=["sara@example.com"], name="Sara"),
    member_updated("sara"),
    complained("sara", "opened", id="c1"),
    recorded("sara", "feedback.given.v1", id="f1", kind="csat", score=2),
    created("omar", emails=["omar@example.com"]),
    member_updated("omar"),
    complained("mona", "opened", id="c2", case="C-8"),
    repointed("merged", "mona", "sara"),
    repointed("merged", "lina", "omar"),
    repointed("unmerged", "lina", "omar", 3),
    created("nour", emails=["nour@example.com"]),
    erased("nour"),
]


class Clock:
    def __init__(self) -> None:
        self.now = now()

    def __call__(self) -> Any:
        return self.now


def audience(database: Database) -> dict[str, dict[str, Any]]:
    """The entries, without what says nothing of customers."""
    found = database["audience"].find({}, {"version": 0, "written_by": 0})
    return {one["_id"]: one for one in found}


def begin(store: NotificationsStore, *, silent: bool = True) -> str:
    return Rebuilding(store).begin(silent)["rebuild"]


def learn_all(store: NotificationsStore, rebuild: str, history: Iterable[Event]) -> None:
    """Tell it the history page by page, then what nobody else can tell."""
    rebuilding, events = Rebuilding(store), list(history)
    for start in range(0, len(events), 3):
        rebuilding.relearn(rebuild, events[start : start + 3])
    after = None
    while True:
        page = rebuilding.keep(rebuild, after, 2)
        after = page["next"]
        if after is None:
            return


def compared(store: NotificationsStore, rebuild: str) -> list[str]:
    rebuilding, different, after = Rebuilding(store), [], None
    while True:
        page = rebuilding.compare(rebuild, after, 2)
        different += page["different"]
        after = page["next"]
        if after is None:
            return different


def rebuild(store: NotificationsStore, history: Iterable[Event] = HISTORY) -> list[dict[str, Any]]:
    id = begin(store)
    learn_all(store, id, history)
    found = Rebuilding(store).settle(id, compared(store, id), True)["different"]
    Rebuilding(store).end(id)
    return found


def bounce(store: NotificationsStore, customer_id: str) -> None:
    handlers.learn({customer_id: [Bounced("email", f"{customer_id}@example.com", NOON)]}, store)


@pytest.fixture
def known(notifications: Notifications, database: Database) -> dict[str, dict[str, Any]]:
    """An audience that has learnt the history, and of two addresses that they took no mail."""
    notifications.take_in(*HISTORY)
    bounce(notifications.store, "sara")
    bounce(notifications.store, "mona")
    notifications.published.clear()
    return audience(database)


def test_an_audience_that_is_right_differs_in_nothing(
    notifications: Notifications, known: dict, database: Database
) -> None:
    assert rebuild(notifications.store) == []
    assert audience(database) == known


def test_whatever_is_damaged_is_what_it_was(
    notifications: Notifications, known: dict, database: Database
) -> None:
    entries = database["audience"]
    entries.delete_many({"_id": {"$in": ["omar", "lina"]}})
    entries.update_one({"_id": "sara"}, {"$set": {"own.complaints.0.status": "resolved", "complaints": []}})
    entries.update_one({"_id": "mona"}, {"$set": {"last_interaction.time": "noon"}})
    entries.update_one({"_id": "nour"}, {"$unset": {"erased": 1, "version": 1}})
    entries.insert_one({"_id": "nobody", "version": 1, "profile": {"version": 1, "emails": ["a@b.co"]}})

    found = {one["customer_id"]: one["fields"] for one in rebuild(notifications.store)}

    assert found.keys() == {"omar", "lina", "sara", "mona", "nour", "nobody"}
    assert found["omar"] == found["nobody"] == ["entry"]
    assert found["mona"] == ["last_interaction"]
    assert audience(database) == known


def test_bounced_addresses_survive_even_in_an_entry_that_cannot_be_read(
    notifications: Notifications, known: dict, database: Database
) -> None:
    database["audience"].update_one({"_id": "mona"}, {"$set": {"complaints": "many", "member": 7}})

    rebuild(notifications.store)

    assert audience(database) == known
    assert [one.address for one in notifications.store.entries(["sara"])["sara"].told.bounced] == [
        "mona@example.com",
        "sara@example.com",
    ]


def test_nothing_is_planned_or_published_by_what_is_learnt(
    notifications: Notifications, known: dict, database: Database
) -> None:
    database["audience"].delete_many({})

    rebuild(notifications.store)

    assert notifications.published == []
    assert database["outreach"].count_documents({}) == 0


def test_what_happens_meanwhile_is_in_it_whether_before_or_after_its_page(
    notifications: Notifications, known: dict, database: Database
) -> None:
    store = notifications.store
    id = begin(store)
    notifications.take_in(complained("omar", "opened", id="c3", case="C-9"))
    learn_all(store, id, HISTORY)
    notifications.take_in(complained("sara", "resolved", id="c4", minute=5), erased("omar", change_id="e2"))
    database["audience"].delete_one({"_id": "sara"})

    Rebuilding(store).settle(id, compared(store, id), True)
    Rebuilding(store).end(id)

    assert [one.status for one in store.entries(["sara"])["sara"].own.complaints] == ["resolved"]
    assert store.entries(["omar"])["omar"].erased


def test_an_entry_that_changes_while_it_is_exchanged_loses_nothing(
    notifications: Notifications, known: dict, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = notifications.store
    id = begin(store)
    learn_all(store, id, HISTORY)
    database["audience"].update_one({"_id": "sara"}, {"$set": {"complaints": [], "own.complaints": []}})
    exchange, meanwhile = store.exchange, [complained("sara", "resolved", id="c5", minute=9)]

    def late(pairs: Any) -> None:
        if meanwhile:
            notifications.take_in(meanwhile.pop())
        exchange(pairs)

    monkeypatch.setattr(store, "exchange", late)
    Rebuilding(store).settle(id, ["sara"], True)

    assert {one.status for one in store.entries(["sara"])["sara"].own.complaints} == {"resolved"}
    assert compared(store, id) == []


def test_nobody_may_be_contacted_meanwhile_and_a_dead_rebuild_silences_nobody(
    notifications: Notifications, database: Database
) -> None:
    store, clock = notifications.store, Clock()
    assert not store.rebuilding()
    id = Rebuilding(store, clock).begin(True)["rebuild"]
    assert store.rebuilding()
    clock.now -= LEASE + timedelta(seconds=1)
    Rebuilding(store, clock).relearn(id, [])
    assert not store.rebuilding(), "its lease has lapsed"

    Rebuilding(store).relearn(id, [])
    assert store.rebuilding(), "it was only slow: nothing was lost, because events went on to both"
    Rebuilding(store).end(id)
    assert not store.rebuilding()


def test_who_only_compares_silences_nobody(notifications: Notifications) -> None:
    id = begin(notifications.store, silent=False)
    assert not notifications.store.rebuilding()
    Rebuilding(notifications.store).end(id)


def test_there_is_one_at_a_time_and_a_new_one_takes_over_from_a_dead_one(
    notifications: Notifications,
) -> None:
    store, clock = notifications.store, Clock()
    first = Rebuilding(store).begin(True)["rebuild"]
    assert Rebuilding(store).begin(True)["error"]["reason"] == "rebuilding"
    clock.now -= LEASE + timedelta(seconds=1)
    Rebuilding(store, clock).relearn(first, [])

    second = begin(store)

    for act in (lambda: Rebuilding(store).relearn(first, HISTORY), lambda: compared(store, first)):
        with pytest.raises(InvalidArgument, match="rebuild is over"):
            act()
    with pytest.raises(InvalidArgument, match="rebuild is over"):
        Rebuilding(store).settle(first, ["sara"], True)
    Rebuilding(store).end(first)
    assert Rebuilding(store).relearn(second, HISTORY) == len(HISTORY)


def test_nothing_that_a_dead_rebuild_has_learnt_is_kept(
    notifications: Notifications, database: Database
) -> None:
    store, clock = notifications.store, Clock()
    id = Rebuilding(store).begin(True)["rebuild"]
    Rebuilding(store).relearn(id, HISTORY)
    Rebuilding(store).tidy()
    assert any(id in name for name in database.list_collection_names()), "it lives"

    clock.now += LEASE + DEAD + timedelta(seconds=1)
    Rebuilding(store, clock).tidy()

    assert not any(id in name for name in database.list_collection_names())
    assert store.audience_anew() is None


@pytest.mark.parametrize(
    "call",
    [
        lambda one, id: one.begin("yes"),
        lambda one, id: one.relearn({"$gt": ""}, []),
        lambda one, id: one.keep(id, {"$gt": ""}, 5),
        lambda one, id: one.compare(id, None, "5"),
        lambda one, id: one.settle(id, [{"$gt": ""}], True),
        lambda one, id: one.settle(id, ["a"] * 1001, True),
    ],
)
def test_an_argument_of_another_type_is_an_error(notifications: Notifications, call: Callable) -> None:
    id = begin(notifications.store)
    with pytest.raises(InvalidArgument, match=r"must be|must have"):
        call(Rebuilding(notifications.store), id)


@settings(deadline=None, max_examples=15, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.sampled_from(HISTORY), max_size=12),
    st.permutations(HISTORY),
    st.sets(st.sampled_from(["sara", "omar", "mona", "nour"])),
    st.sets(st.sampled_from(["sara", "omar", "mona", "nour"])),
)
def test_any_history_in_any_order_makes_the_audience_that_it_made(
    mongo_client: MongoClient,
    first: list[Event],
    told: list[Event],
    deleted: set[str],
    emptied: set[str],
) -> None:
    name = unique_name()
    store = NotificationsStore(mongo_client[name])
    store.create_indexes()
    try:
        live = mongo_client[name]["audience"]
        learnt = first + HISTORY
        for event in learnt:
            handlers.learn(dict(_read([event])), store)
        before = audience(mongo_client[name])
        live.delete_many({"_id": {"$in": [*deleted]}})
        live.update_many({"_id": {"$in": [*emptied]}}, {"$unset": {"own": 1, "brought": 1, "complaints": 1}})
        rebuild(store, told)
        assert audience(mongo_client[name]) == before
    finally:
        mongo_client.drop_database(name)


def _read(events: Iterable[Event]) -> Iterable[tuple[str, list]]:
    return (handlers.FACTS[event["type"]](event) for event in events)
