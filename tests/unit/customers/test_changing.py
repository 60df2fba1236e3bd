"""Changes are carried out to the end, whoever dies when; asked for twice, they happen once."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.customers import handlers, settling
from services.customers.changing import Changing
from services.customers.commands import Commands
from services.customers.domain.change import Change
from services.customers.domain.customer import Customer, root_id
from services.customers.domain.merging import parts_of
from wafa.contracts.envelope import make_event
from wafa.contracts.validation import check
from wafa.runtime.errors import InvalidArgument

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)


class World:
    """The service on its store, with a broker that may fail."""

    def __init__(self, store, broker) -> None:
        self.store, self.broker = store, broker
        self.sent: list = []

    def changing(self, now: datetime = NOW) -> Changing:
        return Changing(self.store, self.broker.publish, self.sent.extend, now)

    def commands(self) -> Commands:
        return Commands(self.store, self.changing(), NOW)

    def merge(self, from_id, into_id, *, dry_run=False, force=False):
        return self.commands().merge(from_id, into_id, dry_run=dry_run, force=force)

    def unmerge(self, from_id, *, dry_run=False):
        return self.commands().unmerge(from_id, dry_run=dry_run)

    def erase(self, customer_id, *, dry_run=False):
        return self.commands().erase(customer_id, dry_run=dry_run)

    def told(self, type: str) -> list[dict]:
        return [event["data"] for event in self.broker.events if event["type"] == type]


@pytest.fixture
def world(store, broker) -> World:
    world = World(store, broker)
    for n in range(4):
        store.customers[f"c{n}"] = Customer(
            f"c{n}", 1, (f"ext:shop{n}:{n}", f"email:{n}@x.com"), changed_at=NOW
        )
    return world


def test_a_merge_tells_of_the_alias_and_of_what_the_other_one_is_now(world):
    change = world.merge("c0", "c1")
    assert (change["kind"], change["state"], change["from"], change["into"]) == (
        "merge",
        "published",
        "c0",
        "c1",
    )
    assert change["waiting_for"] == ["interactions", "loyalty", "notifications", "gateway"]
    assert world.told("customer.merged.v1") == [
        {"from": "c0", "into": "c1", "version": 2, "change_id": change["change_id"]}
    ]
    [updated] = world.told("customer.updated.v1")
    assert (updated["customer_id"], updated["emails"]) == ("c1", ["0@x.com", "1@x.com"])
    assert [problem for event in world.broker.events if (problem := check(event, LATER))] == []


def test_an_unmerge_tells_of_both_who_they_are_again(world):
    world.merge("c0", "c1")
    world.broker.events.clear()
    change = world.unmerge("c0")
    assert world.told("customer.unmerged.v1") == [
        {"from": "c0", "into": "c1", "version": 3, "change_id": change["change_id"]}
    ]
    updated = {one["customer_id"]: one["emails"] for one in world.told("customer.updated.v1")}
    assert updated == {"c0": ["0@x.com"], "c1": ["1@x.com"]}
    assert [problem for event in world.broker.events if (problem := check(event, LATER))] == []


def test_the_same_asked_for_again_is_the_same_change(world):
    merged = world.merge("c0", "c1")
    assert world.merge("c0", "c1") == merged
    separated = world.unmerge("c0")
    assert world.unmerge("c0") == separated
    again = world.merge("c0", "c1")
    assert again["change_id"] != merged["change_id"]
    erased = world.erase("c0")
    assert world.erase("c0") == world.erase("c1") == erased
    assert len(world.store.journal) == 4


def test_an_unmerge_is_remembered_when_the_customer_has_changed_since(world):
    world.merge("c0", "c1")
    separated = world.unmerge("c0")
    reference = {"customer": {"email": "0@x.com", "id": "c0"}, "time": NOW.isoformat()}
    handlers.resolve([reference], world.store, world.broker.publish, NOW)
    assert world.store.customers["c0"].version == 4
    assert world.unmerge("c0") == separated


def test_what_cannot_be_done_is_said_and_leaves_nothing_behind(world):
    world.store.customers["c3"] = Customer("c3", 1, ("ext:shop0:another",), changed_at=NOW)
    before = dict(world.store.customers)
    errors = [world.merge("c0", "c0"), world.merge("c0", "c3"), world.unmerge("c0"), world.erase("c9")]
    assert [one["error"]["reason"] for one in errors] == [
        "same_customer",
        "conflicting_identifier",
        "not_merged",
        "unknown_customer",
    ]
    assert (world.store.customers, world.store.journal, world.broker.events) == (before, {}, [])
    assert world.merge("c0", "c3", force=True)["state"] == "published"


def test_a_dry_run_says_what_would_move_and_does_nothing(world):
    dry = world.merge("c0", "c1", dry_run=True)
    assert dry["dry_run"]
    assert dry["moves"]["emails"] == ["0@x.com"]
    assert dry["moves"]["external_ids"] == [{"system": "shop0", "id": "0"}]
    assert world.erase("c0", dry_run=True)["moves"]["emails"] == ["0@x.com"]
    assert (world.store.journal, world.broker.events, world.sent) == ({}, [], [])
    world.merge("c0", "c1")
    assert world.unmerge("c0", dry_run=True)["moves"]["emails"] == ["0@x.com"]
    assert world.erase("c0", dry_run=True)["moves"]["emails"] == ["0@x.com", "1@x.com"]


@pytest.mark.parametrize("command", ["unmerge", "erase"])
def test_an_object_in_the_place_of_an_id_never_becomes_an_operator(world, command):
    with pytest.raises(InvalidArgument, match="must be a string"):
        getattr(world, command)({"$ne": ""})


def test_a_ring_is_not_closed_by_two_who_ask_at_once(world):
    """The second request was checked before the first was carried out."""
    late = Change("late", "merge", ("c1", "c0"), NOW, "c1", "c0")
    world.merge("c0", "c1")
    assert world.store.take_turn(late)
    assert world.changing().carry_out(late).reason == "ring"
    assert world.store.journal["late"].state == "withdrawn"
    assert root_id("c0", world.store.customers) == "c1"


def test_whoever_finds_a_change_underway_helps_it_to_its_end(world):
    world.broker.fails = True
    with pytest.raises(ConnectionError):
        world.merge("c0", "c1")
    world.merge("c1", "c2")
    assert [one["from"] for one in world.told("customer.merged.v1")] == ["c0", "c1"]
    assert world.store.customers["c2"].absorbed.keys() == {"c0", "c1"}


def test_a_worker_who_was_thought_dead_does_not_repeat_what_has_been_undone(world):
    world.broker.fails = True
    with pytest.raises(ConnectionError):
        world.merge("c0", "c1")
    [change] = world.store.journal.values()
    world.changing(LATER).finish_what_was_left()
    world.unmerge("c0")
    assert world.changing().carry_out(change) is None
    assert world.store.customers["c0"].merged_into is None


def test_the_sweeper_leaves_a_change_alone_that_has_just_begun(world):
    world.broker.fails = True
    with pytest.raises(ConnectionError):
        world.merge("c0", "c1")
    assert not world.changing(NOW + timedelta(seconds=10)).finish_what_was_left()
    assert world.changing(NOW + timedelta(seconds=15)).finish_what_was_left()


def test_an_erasure_takes_all_aliases_along_and_tells_where_to_look(world):
    world.merge("c0", "c1")
    change = world.erase("c0")
    assert sorted(change["customer_ids"]) == ["c0", "c1"]
    assert {one["customer_id"] for one in world.told("customer.erased.v1")} == {"c0", "c1"}
    for id in ("c0", "c1"):
        left = world.store.customers[id]
        assert (left.erased, left.identifiers, left.known.fields, left.absorbed) == (True, (), {}, {})
    [message] = world.sent
    assert message.exchange == "crm.refused"
    for trace in (b"0@x.com", b"1@x.com", b"shop0", b'"c0"', b'"c1"', change["change_id"].encode()):
        assert trace in message.body


def applied(change_id: str, service: str, hour: int = 0) -> dict:
    data = {"change_id": change_id, "service": service}
    time = NOW + timedelta(hours=hour)
    return make_event(
        "customer.change_applied.v1", source=f"/wafa/{service}", id=service, time=time, data=data
    )


def test_receipts_are_kept_with_when_they_first_came_and_strange_ones_are_passed_over(world):
    change_id = world.merge("c0", "c1")["change_id"]
    events = [
        applied(change_id, "loyalty"),
        applied(change_id, "loyalty", 1),
        applied(change_id, "billing"),
        applied("no-such", "loyalty"),
    ]
    later = NOW + timedelta(minutes=7)
    for batch, now in ((events, later), (events[::-1], later + timedelta(minutes=1))):
        assert handlers.take_in(batch, world.store, world.broker.publish, now) == []
    assert world.store.journal[change_id].confirmed == {"loyalty": later}
    assert world.merge("c0", "c1")["waiting_for"] == ["interactions", "notifications", "gateway"]


IDS = st.sampled_from(["c0", "c1", "c2", "c3"])
ACTS = st.one_of(
    st.tuples(st.just("merge"), IDS, IDS),
    st.tuples(st.just("unmerge"), IDS),
    st.tuples(st.just("erase"), IDS),
)


@given(st.lists(st.tuples(ACTS, st.booleans()), max_size=8))
def test_whoever_dies_when_in_the_end_everybody_is_somebody_and_all_was_told(new_world, acts):
    world = World(*new_world())
    for n in range(4):
        world.store.customers[f"c{n}"] = Customer(f"c{n}", 1, (f"email:{n}@x.com",), changed_at=NOW)
    for (act, *ids), fails in acts:
        world.broker.fails = fails
        with suppress(ConnectionError):
            getattr(world, act)(*ids)
    world.broker.fails = False
    world.changing(LATER).finish_what_was_left()
    settling.sweep(world.store, world.broker.publish, LATER)
    customers = world.store.customers
    assert not any(one.unpublished for one in customers.values())
    assert world.store.underway() is None
    assert {one.state for one in world.store.journal.values()} <= {"published"}
    for id, one in customers.items():
        root = root_id(id, customers)
        assert customers[root].merged_into is None, "there is no ring"
        if one.merged_into is None and not one.erased:
            assert one.absorbed == parts_of(world.store.aliases(id))
    told = {
        kind: {one["change_id"] for one in world.told(f"customer.{kind}d.v1")}
        for kind in ("merge", "unmerge", "erase")
    }
    for change in world.store.journal.values():
        assert change.change_id in told[change.kind]
