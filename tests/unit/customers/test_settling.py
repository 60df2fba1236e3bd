"""Nobody is lost, whoever crashes when, and whoever else is at work on the same people."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.customers import settling
from services.customers.domain.customer import Customer
from services.customers.domain.profile import Said, Statement
from wafa.runtime.errors import Transient

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)


def told(*keys: str, name: str | None = None, hour: int = 0) -> Statement:
    said = {"name": Said(NOW + timedelta(hours=hour), "event", name)} if name else {}
    return Statement(keys, said)


def settle(store, broker, *statements, now=NOW):
    return settling.settle(statements, store, broker.publish, now, exact=False)


def sweep(store, broker, now=LATER):
    return settling.sweep(store, broker.publish, now)


def assert_all_is_out(store, broker):
    """Every version that ever was has been published, and nothing waits any more."""
    expected = {(one.customer_id, v) for one in store.customers.values() for v in range(1, one.version + 1)}
    assert broker.versions() == expected
    assert not any(one.unpublished for one in store.customers.values())
    for event in broker.events:
        created = event["data"]["version"] == 1
        assert event["type"] == ("customer.created.v1" if created else "customer.updated.v1")


def test_a_customer_whose_creator_died_before_publishing_is_announced_by_the_sweeper(store, broker):
    broker.fails = True
    with pytest.raises(ConnectionError):
        settle(store, broker, told("email:a@x"))
    settle(store, broker, told("email:a@x"))
    assert broker.events == []
    assert sweep(store, broker) == 1
    assert_all_is_out(store, broker)
    assert sweep(store, broker) == 0


def test_the_sweeper_leaves_alone_what_a_living_worker_is_about_to_publish(store, broker):
    broker.fails = True
    with pytest.raises(ConnectionError):
        settle(store, broker, told("email:a@x"))
    assert sweep(store, broker, NOW + timedelta(seconds=10)) == 0


def test_a_change_to_somebody_not_yet_announced_announces_them_first(store, broker):
    broker.fails = True
    with pytest.raises(ConnectionError):
        settle(store, broker, told("email:a@x"))
    settle(store, broker, told("email:a@x", name="Layla"))
    assert [event["type"] for event in broker.events] == ["customer.created.v1", "customer.updated.v1"]
    assert_all_is_out(store, broker)


def test_a_worker_who_notes_that_all_is_out_does_not_say_it_of_a_later_version(store, broker):
    def dies_before_the_update_is_out(events):
        if any(event["type"] == "customer.updated.v1" for event in events):
            raise ConnectionError

    def while_another_worker_changes_the_customer(events):
        broker.publish(events)
        if events:
            change = told("email:a@x", name="Layla")
            with suppress(ConnectionError):
                settling.settle([change], store, dies_before_the_update_is_out, NOW, exact=False)

    settling.settle([told("email:a@x")], store, while_another_worker_changes_the_customer, NOW, exact=False)
    assert broker.versions() == {(one.customer_id, 1) for one in store.customers.values()}
    sweep(store, broker)
    assert_all_is_out(store, broker)


def test_whoever_loses_the_race_for_a_new_person_finds_them_and_goes_on(store, broker):
    def other_worker():
        store.before_write = lambda: None
        settle(store, broker, told("email:a@x"))

    store.before_write = other_worker
    (who,) = settle(store, broker, told("ext:shop:1", "email:a@x"))
    (customer,) = store.customers.values()
    assert who == customer.customer_id
    assert set(customer.identifiers) == {"ext:shop:1", "email:a@x"}
    assert_all_is_out(store, broker)


def test_two_people_who_race_for_one_shared_address_both_stay_themselves(store, broker):
    settle(store, broker, told("email:a@x"))

    def other_worker():
        store.before_write = lambda: None
        settle(store, broker, told("ext:shop:2", "email:a@x"))

    store.before_write = other_worker
    settle(store, broker, told("ext:shop:1", "email:a@x"))
    assert sorted(one.identifiers for one in store.customers.values()) == [
        ("email:a@x", "ext:shop:2"),
        ("ext:shop:1",),
    ]


def test_a_customer_who_keeps_changing_makes_the_batch_wait_for_its_turn(store, broker):
    settle(store, broker, told("email:a@x", name="0"))

    def restless():
        (one,) = store.customers.values()
        store.customers = {one.customer_id: replace(one, version=one.version + 1)}

    store.before_write = restless
    with pytest.raises(Transient):
        settle(store, broker, told("email:a@x", name="1", hour=1))


def test_somebody_new_never_takes_the_id_of_one_who_was_erased(store, broker):
    (before,) = settle(store, broker, told("email:a@x"))
    store.customers[before] = Customer(before, 2, erased=True)
    (again,) = settle(store, broker, told("email:a@x"))
    assert again != before
    assert store.customers[before].erased


def test_an_address_cannot_be_tested_against_a_customers_id(new_world):
    ids = {settle(*new_world(), told("email:a@x"))[0] for _ in range(2)}
    assert len(ids) == 2, "an id that is made of the address tells, after an erasure, whose it was"


KEYS = st.sets(
    st.sampled_from(["ext:s:1", "ext:s:2", "ext:t:1", "email:a", "email:b", "phone:1"]), min_size=1
)
STATEMENTS = st.builds(
    lambda keys, name, hour: told(*sorted(keys), name=name, hour=hour),
    KEYS,
    st.sampled_from("xyz"),
    st.integers(0, 3),
)
BATCHES = st.lists(
    st.tuples(st.lists(STATEMENTS, min_size=1, max_size=4), st.booleans(), st.booleans()), max_size=6
)


@given(BATCHES)
def test_whoever_crashes_when_every_version_is_published_in_the_end(new_world, batches):
    store, broker = new_world()
    for statements, fails, interrupted in batches:
        broker.fails = fails
        if interrupted:
            store.before_write = _once(store, lambda batch=statements: settle(store, broker, *batch[::-1]))
        with suppress(ConnectionError):
            settle(store, broker, *statements)
        store.before_write = lambda: None
    broker.fails = False
    sweep(store, broker)
    assert_all_is_out(store, broker)
    keys = [key for one in store.customers.values() for key in one.identifiers]
    assert len(keys) == len(set(keys))


def _once(store, act):
    def acting():
        store.before_write = lambda: None
        act()

    return acting
