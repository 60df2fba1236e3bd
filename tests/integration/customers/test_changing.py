"""Merges, un-merges and erasures on a real database: crashes, races, and what is left afterwards."""

import json
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from services.customers import handlers, queries, settling
from services.customers.changing import Changing
from services.customers.commands import Commands
from services.customers.domain.change import APPLIED_BY, ERASE, Change
from services.customers.domain.customer import root_id
from services.customers.domain.merging import parts_of
from services.customers.store import CustomerStore
from services.customers.sweeping import pending_age
from tests.integration.customers.parts import LATER, NOW, Broker, Crash, at_once, reference
from wafa.contracts.envelope import decode, make_event
from wafa.runtime.errors import InvalidArgument

CHANGES = ("customer.merged.v1", "customer.unmerged.v1", "customer.erased.v1")


class Worker:
    """A worker of the service; `dies` is asked around every step that leaves a trace somewhere."""

    def __init__(self, store: Any, broker: Broker, dies: Callable[[], bool] = lambda: False) -> None:
        self._dies = dies
        self.store = Mortal(store, self.step)
        self.publish = self.step(broker.publish)
        self.sent: list = []
        self.send = self.step(self.sent.extend)

    def step(self, act: Callable) -> Callable:
        def acting(*args):
            if self._dies():
                raise Crash
            answer = act(*args)
            if self._dies():
                raise Crash
            return answer

        return acting

    def changing(self, now=NOW) -> Changing:
        return Changing(self.store, self.publish, self.send, now)

    def do(self, command: str, *ids: str, **options: bool) -> dict:
        commands = Commands(self.store, self.changing(), NOW)
        options = {"dry_run": False, **({"force": False} if command == "merge" else {}), **options}
        return getattr(commands, command)(*ids, **options)

    def sweep(self) -> None:
        self.changing(LATER).finish_what_was_left()
        settling.sweep(self.store, self.publish, LATER)


class Mortal:
    """A store around whose every step its owner may die."""

    def __init__(self, store: CustomerStore, step: Callable[[Callable], Callable]) -> None:
        self._store, self._step = store, step

    def __getattr__(self, name: str) -> Callable:
        return self._step(getattr(self._store, name))


@pytest.fixture
def worker(store: CustomerStore, broker: Broker) -> Worker:
    return Worker(store, broker)


def meet(store: CustomerStore, broker: Broker, *references: dict, now=NOW) -> list[dict]:
    return handlers.resolve(references, store, broker.publish, now)


def of(who: str, **customer) -> dict:
    """A reference to somebody whom a system of their own knows: nobody contradicts anybody."""
    return reference(external_ids=[{"system": f"shop-{who}", "id": who}], **customer)


def people(store: CustomerStore, broker: Broker, *names: str) -> list[str]:
    references = [of(name, email=f"{name}@x.com", name=name) for name in names]
    return [one["customer_id"] for one in meet(store, broker, *references)]


def dying_at(step: int) -> Callable[[], bool]:
    steps = count()
    return lambda: next(steps) == step


@pytest.mark.parametrize("command", ["merge", "unmerge", "erase"])
def test_a_worker_may_die_before_and_after_every_step(store, broker, worker, command):
    """What it left is completed by the sweeper alone; who asks again learns of the same change."""
    for step in count():
        alias, between, root = people(
            store, broker, *(f"{name}{step}" for name in ("alias", "between", "root"))
        )
        worker.do("merge", alias, between)
        if command != "merge":
            worker.do("merge", between, root)
        before = store.find((), [alias, between, root])
        broker.events.clear()
        asked = [between, root] if command == "merge" else [between]
        try:
            Worker(store, broker, dying_at(step)).do(command, *asked)
            died = False
        except Crash:
            died = True
        begun = store.underway() is not None
        worker.sweep()
        known = store.find((), [alias, between, root])
        assert store.underway() is None
        assert not any(one.unpublished for one in known.values())
        if begun:
            assert known[between].version > before[between].version, "what was begun is done"
        change = worker.do(command, *asked)
        known = store.find((), [alias, between, root])
        assert worker.do(command, *asked) == change
        told = [one["data"]["change_id"] for one in broker.events if one["type"] in CHANGES]
        assert set(told) == {change["change_id"]}
        if command == "erase":
            assert all(one.erased and not one.held and not one.known.fields for one in known.values())
            erased = {one["data"]["customer_id"] for one in broker.events if one["type"] in CHANGES}
            assert erased == {alias, between, root}
        else:
            merged = command == "merge"
            assert known[between].merged_into == (root if merged else None)
            assert known[root].absorbed == (parts_of([known[alias], known[between]]) if merged else {})
            assert known[between].absorbed == ({} if merged else parts_of([known[alias]]))
            assert known[between].own == before[between].own
        snapshots = [one["data"] for one in broker.events if one["type"] == "customer.updated.v1"]
        latest = max(
            (one for one in snapshots if one["customer_id"] == root),
            key=lambda one: one["version"],
            default={},
        )
        if command != "erase":
            assert latest == queries.get(store, root)
        if not died:
            assert step > 10
            break


def test_whoever_was_merged_in_after_the_request_is_erased_too_whatever_dies(store, broker, worker):
    """Between a request and its turn somebody else may have had theirs."""
    for step in count():
        alias, root = people(store, broker, f"alias{step}", f"root{step}")
        worker.do("merge", alias, root)
        asked_before = Change(f"erasure {step}", ERASE, (root,), NOW)
        assert store.take_turn(asked_before)
        try:
            Worker(store, broker, dying_at(step)).changing().carry_out(asked_before)
            died = False
        except Crash:
            died = True
        worker.sweep()
        assert store.underway() is None
        assert all(one.is_tombstone for one in store.find((), [alias, root]).values())
        [change] = store.changes([asked_before.change_id]).values()
        assert set(change.customer_ids) == {alias, root}
        if not died:
            break


def test_workers_who_are_asked_for_the_same_merge_at_once_make_one(store, database, broker):
    for number in range(10):
        one, other = people(store, broker, f"one{number}", f"other{number}")
        ask = lambda one=one, other=other: Worker(CustomerStore(database), broker).do("merge", one, other)  # noqa: E731
        answers = at_once(*[ask] * 4)
        assert len({answer["change_id"] for answer in answers}) == 1
        assert store.underway() is None
    assert database["changes"].count_documents({"state": "published"}) == 10


def test_merges_that_are_a_ring_together_are_never_all_done(store, database, broker):
    for number in range(10):
        ring = people(store, broker, *(f"{name}{number}" for name in "abc"))
        pairs = zip(ring, ring[1:] + ring[:1], strict=True)
        acts = [
            lambda pair=pair: Worker(CustomerStore(database), broker).do("merge", *pair) for pair in pairs
        ]
        reasons = [answer.get("error", {}).get("reason") for answer in at_once(*acts)]
        assert sorted(map(str, reasons)) == ["None", "None", "ring"]
        known = store.find((), ring)
        [root] = {root_id(id, known) for id in ring}
        assert len(known[root].snapshot()["emails"]) == 3


def test_nothing_that_is_said_while_a_merge_comes_and_goes_is_lost(store, database, broker):
    one, other = people(store, broker, "one", "other")
    said = 40

    def telling(who: str) -> None:
        mine = CustomerStore(database)
        for number in range(said):
            answers = meet(
                mine, broker, of(who, phone=f"+96650{number:04}{'100' if who == 'one' else '200'}")
            )
            assert answers[0]["customer_id"] in (one, other)

    def changing() -> None:
        worker = Worker(CustomerStore(database), broker)
        for _ in range(5):
            assert "error" not in worker.do("merge", one, other)
            assert "error" not in worker.do("unmerge", one)
        worker.do("merge", one, other)

    at_once(lambda: telling("one"), lambda: telling("other"), changing)
    known = store.find((), [one, other])
    assert known[one].merged_into == other
    assert known[other].absorbed == parts_of([known[one]])
    assert len(known[other].snapshot()["phones"]) == 2 * said
    snapshots = [event["data"] for event in broker.events if event["type"] == "customer.updated.v1"]
    latest = max((one for one in snapshots if one["customer_id"] == other), key=lambda one: one["version"])
    assert latest == queries.get(store, other)
    assert not any(one.unpublished for one in known.values())


def test_whoever_is_resolved_while_they_are_erased_does_not_come_back(store, database, broker):
    [person] = people(store, broker, "person")

    def telling(shape: Callable[[int], dict]) -> list[dict]:
        mine = CustomerStore(database)
        return [meet(mine, broker, shape(number))[0] for number in range(40)]

    shapes = [
        lambda number: of("person", name=f"Name {number}"),
        lambda number: of("person", email=f"new{number}@x.com"),
        lambda number: reference(email="person@x.com", phone=f"+96650{number:07}"),
    ]
    acts = [lambda shape=shape: telling(shape) for shape in shapes]
    *answers, erased = at_once(*acts, lambda: Worker(CustomerStore(database), broker).do("erase", person))
    assert erased["state"] == "published"
    assert {one.get("customer_id") for told in answers for one in told} <= {person, None}
    assert {one.get("reason") for told in answers for one in told} <= {"customer_erased", None}
    [left] = database["customers"].find()
    assert (left["_id"], left["erased"], left.get("identifiers")) == (person, True, None)


def registered(event_id: str, at, **customer) -> dict:
    return make_event(
        "customer.registered.v1", source="/crm", id=event_id, time=at, data={"customer": customer}
    )


def test_an_event_from_before_the_erasure_brings_nobody_back_and_a_later_one_is_somebody_new(
    store, broker, worker, database
):
    [person] = people(store, broker, "person")
    worker.do("erase", person)
    before, after = NOW, NOW + timedelta(seconds=1)
    ids = [{"system": "shop-person", "id": "person"}]
    late = [
        registered("late 1", before, email="Person@x.com", name="Layla"),
        registered("late 2", before, external_ids=ids, phone="+966501234567"),
        registered("late 3", after, id=person),
    ]
    refused = handlers.take_in(late, store, broker.publish, LATER)
    assert [(one.event["id"], one.problem.reason) for one in refused] == [
        (event["id"], "customer_erased") for event in late
    ]
    assert database["customers"].count_documents({}) == 1
    assert handlers.take_in([registered("back", after, external_ids=ids)], store, broker.publish, LATER) == []
    back = queries.lookup(store, system="shop-person", id="person")
    assert back["customer_id"] != person
    [again] = handlers.take_in([registered("late 4", before, external_ids=ids)], store, broker.publish, LATER)
    assert again.problem.reason == "customer_erased"
    assert queries.lookup(store, system="shop-person", id="person") == back
    worker.do("erase", back["customer_id"])
    assert queries.lookup(store, system="shop-person", id="person") is None


PERSONAL = (
    "layla",
    "haddad",
    "lyla",
    "501234567",
    "501112223",
    "acme",
    "form 7",
    "riyadh",
    "shop",
    "sh-17",
    "sh-18",
)


def test_after_an_erasure_no_document_says_anything_about_the_person(store, broker, worker, database):
    told = [
        reference(
            external_ids=[{"system": "shop", "id": "sh-17"}],
            email="layla@example.com",
            phone="+966501234567",
            name="Layla Haddad",
            timezone="Asia/Riyadh",
        )
        | {"account": "acme"},
        reference(external_ids=[{"system": "crm", "id": "sh-18"}], email="haddad@example.com", name="Lyla"),
        of("bystander", email="bystander@example.org", name="Omar"),
    ]
    layla, alias, bystander = (one["customer_id"] for one in meet(store, broker, *told))
    consent = {"channel": "email", "purpose": "marketing", "status": "granted", "evidence": "form 7"}
    events = [
        make_event(
            "consent.changed.v1", source="/crm", id="1", time=NOW, data={"customer": {"id": layla}, **consent}
        ),
        registered("2", NOW, id=layla, phone="+966501112223"),
    ]
    assert handlers.take_in(events, store, broker.publish, NOW) == []
    worker.do("merge", alias, bystander)
    worker.do("unmerge", alias)
    worker.do("merge", alias, layla)
    change = worker.do("erase", layla)

    everything = {name: list(database[name].find()) for name in database.list_collection_names()}
    assert everything.keys() >= {"customers", "receipts", "changes", "erased", "secrets"}
    text = json.dumps(everything, default=str, ensure_ascii=False).lower()
    text = text.replace("ext:shop-bystander:bystander", "")
    assert [word for word in PERSONAL if word in text] == []
    assert "omar" in text, "this would be found if it were there"

    [message] = worker.sent
    [event] = decode(message.body, message.content_type)
    assert event["type"] == "wafa.forget.v1"
    assert event["data"] == {
        "change_id": change["change_id"],
        "customer_ids": [layla, alias],
        "traces": {
            "emails": ["haddad@example.com", "layla@example.com"],
            "phones": ["+966501112223", "+966501234567"],
            "external_ids": [{"system": "crm", "id": "sh-18"}, {"system": "shop", "id": "sh-17"}],
            "names": ["Layla Haddad", "Lyla"],
        },
    }


def test_other_services_can_ask_whether_a_reference_means_somebody_who_was_erased(store, broker, worker):
    erased, living = people(store, broker, "erased", "living")
    worker.do("erase", erased)
    asked = {
        "by id": ({"customer": {"id": erased}}, True),
        "by address, from before": (reference(email=" Erased@X.com"), True),
        "by an id elsewhere, next to what cannot be read": (
            {
                "customer": {"email": 7, "external_ids": [{"system": "shop-erased", "id": "erased"}]},
                "time": "?",
            },
            True,
        ),
        "somebody who came back": (reference(1, email="erased@x.com"), False),
        "somebody else": (reference(email="living@x.com", id=living), False),
        "nothing": ({}, False),
        "no reference": (None, False),
        "an operator": ({"customer": {"id": {"$ne": ""}}}, False),
    }
    found = queries.erased(store, [reference for reference, _ in asked.values()])
    assert dict(zip(asked, found, strict=True)) == {name: expected for name, (_, expected) in asked.items()}
    with pytest.raises(InvalidArgument, match="references must be an array"):
        queries.erased(store, "everybody")


def test_hashes_of_the_erased_mean_nothing_in_another_deployment(store, mongo_client, unique, database):
    store.remember_erased(["email:a@x.com"], NOW)
    other_database = mongo_client[f"{unique}b"]
    other = CustomerStore(other_database)
    other.remember_erased(["email:a@x.com"], NOW)
    ids = [one["_id"] for one in (*database["erased"].find(), *other_database["erased"].find())]
    mongo_client.drop_database(other_database.name)
    assert len(set(ids)) == 2


def test_a_second_erasure_counts_from_its_own_time(store):
    for at in (NOW, LATER, NOW):
        store.remember_erased(["email:a@x.com"], at)
    assert store.erased_at(["email:a@x.com", "email:b@x.com"]) == {"email:a@x.com": LATER}


def test_everything_that_is_known_of_a_person_can_be_handed_out(store, broker, worker):
    alias, root = people(store, broker, "alias", "root")
    consent = {"channel": "email", "purpose": "marketing", "status": "granted", "evidence": "form 7"}
    event = make_event(
        "consent.changed.v1", source="/crm", id="1", time=NOW, data={"customer": {"id": alias}, **consent}
    )
    handlers.take_in([event], store, broker.publish, NOW)
    change = worker.do("merge", alias, root)
    for id in (alias, root):
        known = queries.dossier(store, id)
        assert known["customer"] == queries.get(store, root)
        assert [one["customer_id"] for one in known["records"]] == [root, alias]
        assert known["changes"] == [change]
        [said] = known["records"][1]["consents"]
        assert (said["evidence"], said["at"]) == ("form 7", "2026-03-01T12:00:00Z")
        json.dumps(known)
    assert queries.dossier(store, "nobody") is None


def test_the_journal_is_read_page_by_page_newest_first(store, broker, worker):
    root, *aliases = people(store, broker, "root", "a", "b", "c")
    made = [worker.do("merge", alias, root)["change_id"] for alias in aliases]
    listed, before = [], None
    while True:
        page = queries.changes(store, customer_id=root, limit=2, before=before)
        listed += [one["change_id"] for one in page["changes"]]
        if (before := page.get("next")) is None:
            break

    assert sorted(listed) == sorted(made)
    assert len(listed) == len(made), "each once, also of one moment"
    with pytest.raises(InvalidArgument, match="before must be"):
        queries.changes(store, before="yesterday")


def test_the_age_of_what_is_pending_is_known(store, broker, worker):
    [one, other] = people(store, broker, "one", "other")
    assert pending_age(store, LATER) == 0
    change_id = worker.do("merge", one, other)["change_id"]
    assert pending_age(store, LATER) == 60
    for service in APPLIED_BY:
        store.confirm(change_id, service, NOW)
    assert pending_age(store, LATER) == 0
    with pytest.raises(Crash):
        handlers.resolve([of("new")], store, lambda events: _crash_if(events), NOW)
    assert pending_age(store, NOW + timedelta(seconds=7)) == 7
    worker.sweep()
    assert pending_age(store, LATER) == 0


def _crash_if(events: list) -> None:
    if events:
        raise Crash
