"""Customers on a real database: races, crashes, and what a batch costs."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.monitoring import CommandListener

from services.customers import handlers, settling
from services.customers.domain.customer import ChangedBy, Customer, Part
from services.customers.domain.profile import Consent, Profile, Said
from services.customers.store import CustomerStore
from tests.integration.customers.parts import (
    LATER,
    NOW,
    Crash,
    at_once,
    by_id,
    crash,
    documents,
    reference,
)
from wafa.contracts.validation import check


class Commands(CommandListener):
    """The names of the commands that went to the server."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def started(self, event) -> None:
        self.names.append(event.command_name)

    def succeeded(self, event) -> None: ...

    def failed(self, event) -> None: ...


@pytest.fixture
def watched(mongodb_uri: str, store: CustomerStore, database: Database) -> Iterator[tuple]:
    """A second store on the same data, and the commands that it sends."""
    commands = Commands()
    with MongoClient(mongodb_uri, tz_aware=True, event_listeners=[commands]) as client:
        watched = CustomerStore(client[database.name])
        watched.find(["nobody"])
        commands.names.clear()
        yield watched, commands.names


def test_a_customer_comes_back_from_the_database_as_they_went_in(store):
    consents = {("email", "marketing"): Consent(NOW, "event 1", "granted", "form 7")}
    profile = Profile({"name": Said(NOW, "event 1", "ليلى")}, consents)
    customers = [
        Customer("c", 1, ("ext:a:1", "email:l@x.com"), profile, changed_at=NOW, unpublished="token"),
        Customer("alias", 1, merged_into="c", change=ChangedBy("change", 1, "c")),
        Customer("root", 1, ("email:r@x.com",), absorbed={"a": Part(("email:a@x.com",), profile)}),
        Customer("back", 1, ("email:b@x.com",), returned={"email:b@x.com": NOW}),
        Customer("gone", 1, erased=True, change=ChangedBy("change", 1)),
        Customer("gone too", 1, erased=True),
    ]
    assert store.write(customers) == set()
    assert store.find(["email:l@x.com"], ["alias", "root", "back", "gone", "gone too", "nobody"]) == {
        one.customer_id: one for one in customers
    }


def test_an_alias_is_followed_to_the_customer_who_remains(store):
    chain = [
        Customer("a", 1, ("phone:1",), merged_into="b"),
        Customer("b", 1, merged_into="c"),
        Customer("c", 1),
    ]
    store.write(chain)
    assert store.find(["phone:1"]).keys() == {"a", "b", "c"}


def test_indexes_may_be_created_by_every_process_that_starts(store, database):
    def indexes():
        return {name: database[name].index_information() for name in ("customers", "changes")}

    made = indexes()
    store.create_indexes()
    assert indexes() == made
    assert {name: len(found) for name, found in made.items()} == {"customers": 4, "changes": 4}


def test_a_batch_of_known_customers_costs_one_query_and_no_write(store, watched, broker):
    hints = {"name": "Layla", "country": "SA"}
    references = [
        by_id(n, email=f"{n}@x.com", phone=f"050{n:07}", **hints) for n in range(1_000_100, 1_000_300)
    ]
    first = handlers.resolve(references, store, broker.publish, NOW)
    published = len(broker.events)
    watching, commands = watched
    assert handlers.resolve(references, watching, broker.publish, NOW) == first
    assert commands == ["find"]
    assert len(broker.events) == published == len(first)


def test_a_batch_of_new_customers_costs_three_queries_and_two_writes(watched, broker):
    """The third query is whether somebody was erased who held what nobody holds now."""
    watching, commands = watched
    for first in (0, 200):
        batch = [by_id(n, email=f"{n}@x.com") for n in range(first, first + 200)]
        handlers.resolve(batch, watching, broker.publish, NOW)
        assert commands == ["find", "find", "find", "insert", "update"]
        watching.remember_erased(["email:gone@x.com"], NOW)
        commands.clear()


def test_naming_customers_by_our_own_id_costs_one_query_more_at_most(store, watched, broker):
    (known,) = handlers.resolve([by_id(1)], store, broker.publish, NOW)
    watching, commands = watched
    handlers.resolve([reference(id=known["customer_id"]), by_id(1)], watching, broker.publish, NOW)
    assert commands in (["find"], ["find", "find"])


def test_workers_who_meet_the_same_new_people_at_once_agree_on_who_they_are(store, database, broker):
    """They may know different things of them: a purchase has the address, the registration an id as well."""
    people = range(60)

    def worker(shape):
        return handlers.resolve([shape(n) for n in people], CustomerStore(database), broker.publish, NOW)

    shapes = [
        lambda n: reference(email=f"{n}@x.com"),
        lambda n: by_id(n, email=f"{n}@x.com"),
        lambda n: reference(email=f"{n}@x.com", phone=f"+96650{n:07}"),
        lambda n: by_id(n, email=f"{n}@x.com", name="Layla"),
    ]
    answers = at_once(*(lambda shape=shape: worker(shape) for shape in shapes))
    assert all(one == answers[0] for one in answers)
    stored = documents(database)
    assert len(stored) == len(people)
    for one in stored:
        assert len(one["identifiers"]) == 3
        assert "unpublished" not in one
    assert broker.versions() == {(one["_id"], v) for one in stored for v in range(1, one["version"] + 1)}


def test_relatives_who_appear_at_once_with_one_address_stay_two_people(store, database, broker):
    families = range(40)

    def worker(member):
        references = [by_id(f"{n}-{member}", email=f"{n}@x.com") for n in families]
        return handlers.resolve(references, CustomerStore(database), broker.publish, NOW)

    mothers, fathers = at_once(lambda: worker("mother"), lambda: worker("father"))
    assert all(one != other for one, other in zip(mothers, fathers, strict=True))
    held = [key for one in documents(database) for key in one["identifiers"]]
    assert sorted(held) == sorted(
        [f"ext:shop:{n}-{member}" for n in families for member in ("mother", "father")]
        + [f"email:{n}@x.com" for n in families]
    )


@pytest.mark.parametrize("step", ["write", "set_published"])
def test_a_crash_around_a_step_of_the_store_loses_no_customer(store, database, broker, monkeypatch, step):
    references = [by_id(n, email=f"{n}@x.com") for n in range(20)]
    take = getattr(store, step)

    def die_after(*arguments):
        take(*arguments)
        raise Crash

    for dies in (crash, die_after):
        with monkeypatch.context() as patch:
            patch.setattr(store, step, dies)
            with pytest.raises(Crash):
                handlers.resolve(references, store, broker.publish, NOW)
        references += [by_id(f"{dies.__name__} {n}") for n in range(5)]
    finish(references, store, database, broker)


def test_a_crash_of_the_broker_loses_no_customer(store, database, broker):
    references = [by_id(n, email=f"{n}@x.com") for n in range(20)]
    with pytest.raises(Crash):
        handlers.resolve(references, store, lambda events: crash() if events else None, NOW)
    changed = [by_id(n, email=f"{n}@x.com", name="Layla") for n in range(10)]
    finish(references + changed, store, database, broker)


def finish(references, store, database, broker) -> None:
    """Take the batch again, then let the sweeper pass: everybody is there, and was announced."""
    answers = handlers.resolve(references, store, broker.publish, NOW)
    settling.sweep(store, broker.publish, LATER)
    stored = documents(database)
    assert {one["customer_id"] for one in answers} == {one["_id"] for one in stored}
    assert broker.versions() == {(one["_id"], v) for one in stored for v in range(1, one["version"] + 1)}
    assert not any("unpublished" in one for one in stored)


def test_what_is_published_again_is_the_same_to_the_letter_and_a_valid_event(store, broker):
    hints = {"name": "Layla", "locale": "ar", "timezone": "Asia/Riyadh", "country": "SA"}
    reference_ = by_id(7, email="l@x.com", phone="0501234567", **hints)
    with pytest.raises(Crash):
        handlers.resolve([reference_], store, crash_after(broker.publish), NOW)
    settling.sweep(store, broker.publish, LATER)
    first, again = broker.events
    assert first == again
    assert check(first, LATER) is None


def crash_after(publish):
    def publishing(events):
        publish(events)
        if events:
            raise Crash

    return publishing


def test_the_sweeper_takes_the_oldest_first_and_leaves_what_is_fresh(store, database, broker):
    versions = [
        Customer(name, 1, (f"email:{name}",), changed_at=NOW, unpublished=f"{token:%Y-%m-%dT%H:%M:%S} x")
        for name, token in (("old", NOW), ("older", NOW - timedelta(hours=1)), ("fresh", LATER))
    ]
    store.write(versions)
    assert settling.sweep(store, broker.publish, LATER) == 2
    assert [event["data"]["customer_id"] for event in broker.events] == ["older", "old"]
    assert [one["_id"] for one in documents(database) if "unpublished" in one] == ["fresh"]


def test_the_sweeper_does_not_speak_for_a_version_that_was_written_meanwhile(store, database, broker):
    with pytest.raises(Crash):
        handlers.resolve([by_id(1)], store, lambda events: crash() if events else None, NOW)

    def while_a_worker_changes_the_customer_and_dies(events):
        broker.publish(events)
        with pytest.raises(Crash):
            handlers.resolve([by_id(1, name="Layla")], store, dies_with_an_update, LATER)

    def dies_with_an_update(events):
        if any(event["type"] == "customer.updated.v1" for event in events):
            raise Crash

    settling.sweep(store, while_a_worker_changes_the_customer_and_dies, LATER)
    (customer,) = documents(database)
    assert customer["version"] == 2
    assert "unpublished" in customer
