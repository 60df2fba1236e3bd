"""A place to crash in: a virtual host, databases and a mail sink of its own, emptied for each case.

A lane goes through cases one at a time; two lanes side by side keep two cores busy.
"""

import email
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from services.customers.store import CustomerStore
from services.gateway.store import GatewayStore
from services.interactions.store import InteractionStore
from services.loyalty.store import LoyaltyStore
from services.notifications.campaigns.book import Book
from services.notifications.campaigns.commands import Office
from services.notifications.campaigns.policy import OutreachPolicy
from services.notifications.store import NotificationsStore
from tests.faults.bus import WAITING, Bus
from tests.faults.nursery import Child, Nursery
from tests.faults.plan import LINGER, PATIENCE
from tests.waiting import eventually
from wafa.contracts.envelope import Event, decode
from wafa.contracts.times import parse_time
from wafa.runtime.publisher import Message
from wafa.runtime.topology import QUARANTINE, suspects_queue
from wafa.services import GATEWAY, WORKERS
from wafa.stack import Stack

Json = Any
STORES: dict[str, Any] = {
    "customers": CustomerStore,
    "interactions": InteractionStore,
    "loyalty": LoyaltyStore,
    "notifications": NotificationsStore,
    "gateway": GatewayStore,
}
Databases = dict[str, dict[str, list[dict[str, Any]]]]

#: Events in a batch, when each is a message of its own.
SIZE = 4
#: By then whatever waits for time to pass has waited: leases, sweepers, second looks.
LATER = 600
#: What tells who wrote, how often something came or until when it is of use: different in every run.
INCIDENTAL = {"written_by", "times", "expires_at", "claim", "headers", "pending_since"}
#: Closer to now than this, a moment is one of processing and not of business.
RECENT = timedelta(hours=2)


#: SecantusDB 0.5.3 keeps values of replaced documents in a unique index over an array when they are deleted.
IDENTIFIERS = ("customers", "customers")


@dataclass(frozen=True)
class Outcome:
    """What is left when everything has come to rest: documents and events by identity, in comparable form."""

    documents: dict[str, Json]
    events: dict[str, Json]
    mails: dict[str, int]
    pending: list[str]


@dataclass(frozen=True)
class Course:
    """What is done in a case: `service` is the one that dies, `target` is where (see `plan.Plan`).

    `queue` is the one into which `messages` go; `partner` a service that runs all the time beside it; `ahead`
    how many seconds after `base` it is, `page` how many customers are planned at a time, 0 for the usual.
    """

    service: str
    target: str
    queue: str
    messages: Sequence[Message]
    partner: str = ""
    base: Databases = field(default_factory=dict)
    size: int = SIZE
    ahead: float = 0
    page: int = 0


class Lane:
    """One place. `nursery` gives birth to its processes."""

    def __init__(self, stack: Stack, bus: Bus, client: MongoClient, nursery: Nursery, prefix: str) -> None:
        self.bus = bus
        self._stack = stack
        self._client = client
        self._nursery = nursery
        self._prefix = prefix
        self._indexed: set[str] = set()
        self._children: list[Child] = []
        self._environment = stack.environment() | {
            "WAFA_DATABASE_PREFIX": prefix,
            "WAFA_HTTP_PORT": "0",
            "WAFA_BATCH_LINGER": str(LINGER),
            "WAFA_RPC_TIMEOUT": "10",
        }

    def start(
        self, service: str, *, size: int = SIZE, environment: Mapping[str, str] | None = None, **plan: Any
    ) -> Child:
        environment = self._environment | {"WAFA_BATCH_EVENTS": str(size)} | dict(environment or {})
        child = self._nursery.start(service, environment, **plan)
        self._children.append(child)
        return child

    def clear(self) -> None:
        """End what an earlier course may have left running."""
        for child in self._children:
            child.kill()
        self._children.clear()

    @contextmanager
    def raised_by(self, nursery: Nursery) -> Iterator[None]:
        """Take the processes from another nursery for a while."""
        usual, self._nursery = self._nursery, nursery
        yield
        self._nursery = usual

    def collection(self, service: str, name: str) -> Any:
        return self._client[self._prefix + service][name]

    def store(self, service: str) -> Any:
        """Return what a service keeps, by the service's own means."""
        return STORES[service](self._client[self._prefix + service])

    def office(self) -> Office:
        """Return where people see to campaigns."""
        store = self.store("notifications")
        return Office(store, Book(store, OutreachPolicy()))

    @property
    def mail_folder(self) -> Path:
        """Where each mail lies."""
        return self._stack.mail_folder

    def dump(self) -> Databases:
        """Return everything that is in the databases."""
        return {
            service: {
                name: list(database[name].find())
                for name in database.list_collection_names()
                if not name.startswith("system.")
            }
            for service in WORKERS
            for database in (self._client[self._prefix + service],)
        }

    def prepare(self, base: Databases) -> None:
        """Empty everything; then the databases are as they were when `base` was dumped."""
        self.bus.forget()
        for service, collections in self.dump().items():
            for name, documents in collections.items():
                if (service, name) == IDENTIFIERS:
                    self.collection(service, name).drop()
                    self._indexed.discard(service)
                elif documents:
                    self.collection(service, name).delete_many({})
            if service not in self._indexed and (service != GATEWAY or GATEWAY in base):
                self.store(service).create_indexes()
                self._indexed.add(service)
        for service, collections in base.items():
            for name, documents in collections.items():
                if documents:
                    self.collection(service, name).insert_many(deepcopy(documents))
        for mail in self._stack.mail_folder.glob("*.eml"):
            mail.unlink()

    @contextmanager
    def beside(self, course: Course) -> Iterator[list[Child]]:
        """The partner that runs while others die."""
        self.clear()
        children = [self.start(course.partner, size=course.size)] if course.partner else []
        yield children
        self.clear()

    def go_through(
        self, course: Course, *, partners: Sequence[Child] = (), batch: int = 0, point: int = 0
    ) -> tuple[Child, Outcome]:
        """Go through a course, die at a step of it (never at 0), start again, and come to rest.

        Returns the process that was to die, for its report, and the outcome.
        """
        self.prepare(course.base)
        self.bus.send(course.messages)
        # Where all batches are full, a slow broker is not to make them smaller.
        patience = str(LINGER if len(course.messages) % course.size else PATIENCE)
        mortal = self.start(
            course.service,
            size=course.size,
            environment={"WAFA_BATCH_LINGER": patience},
            target=course.target,
            ahead=course.ahead,
            page=course.page,
            alone=True,
            batch=batch,
            point=point,
        )
        if batch:
            assert mortal.ends(within=90), f"never came to that step: {mortal.last_words()}"
        else:
            eventually(self._done(course, [mortal, *partners]))
            mortal.kill()
        return mortal, self.recover(course, partners)

    def base_of(self, course: Course) -> Databases:
        """Return what a course's messages come to while everything else rests."""
        self.prepare(course.base)
        self.bus.send(course.messages)
        child = self.start(course.service, size=course.size, target=course.target)
        eventually(self._done(course, [child]))
        child.kill()
        return self.dump()

    def recover(self, course: Course, partners: Sequence[Child] = ()) -> Outcome:
        """Start the service as it is in production, some minutes later, and return what it comes to."""
        queues = (course.queue, suspects_queue(course.queue), *WAITING)
        queues = tuple(queue for queue in queues if queue != suspects_queue(QUARANTINE))
        if course.service == "interactions":
            queues += (QUARANTINE,)
        for _ in range(3):
            child = self.start(course.service, size=course.size, page=course.page, ahead=course.ahead + LATER)
            try:
                eventually(self.resting([child, *partners], queues), within=90)
            except AssertionError as error:
                left = {queue: depth for queue in queues if (depth := self.bus.depth(queue))}
                raise AssertionError(f"comes to no rest: {left}, {child.last_words()}") from error
            finally:
                child.kill()
            if not self.bus.depth(*queues):
                return self.outcome(course)
        raise AssertionError(f"{queues} do not get empty")

    def outcome(self, course: Course) -> Outcome:
        names = self._names(course)
        fed = {event["id"] for message in course.messages for event in _events(message)}
        documents, pending = {}, []
        for service, collections in self.dump().items():
            for name, found in collections.items():
                if name == "progress":
                    continue
                for document in found:
                    key = f"{service}.{name} {names.get(document['_id'], document['_id'])}"
                    pending += [f"{key}: {what}" for what in self._unsettled(service, document)]
                    documents[key] = comparable(document, names)
        events: dict[str, Json] = {}
        for event in self.bus.heard():
            if event["id"] in fed:
                continue
            said = comparable({"type": event["type"], "data": event["data"]}, names)
            # The ids of what is said of newcomers come from their own, which are random.
            key = event["id"] if event.get("subject") not in names else str(said)
            key = f"{event['type']} {key}"
            if events.setdefault(key, said) != said:
                pending.append(f"{key}: said in two ways")
        return Outcome(documents, events, self._mails(), pending)

    def resting(self, children: Sequence[Child], queues: Sequence[str]) -> Callable[[], bool]:
        """Return what tells whether nothing is to be done, by what was done since the queues are empty."""
        empty_since: float | None = None

        def rest() -> bool:
            nonlocal empty_since
            for child in children:
                assert child.alive, child.last_words()
            if self.bus.depth(*queues):
                empty_since = None
                return False
            empty_since = empty_since or time.time()
            since = empty_since
            return all(child.report.rests(since) for child in children)

        return rest

    def _done(self, course: Course, children: Sequence[Child]) -> Callable[[], bool]:
        """Return what tells whether those who only do what a course is about have nothing more to do."""
        rest = self.resting(children, [course.queue])

        def done() -> bool:
            begun = any(child.report.count("step") for child in children)
            # What the broker has handed over, and nobody has read yet, is in no queue.
            acked = sum(child.report.acked() for child in children)
            return begun and acked >= len(course.messages) and rest()

        return done

    def _names(self, course: Course) -> Mapping[str, str]:
        """Return names for the customers whose ids are random: those who are not in the base."""
        known = {one["_id"] for one in course.base.get("customers", {}).get("customers", ())}
        everybody = self.collection("customers", "customers").find({}, {"identifiers": 1})
        return {
            one["_id"]: f"<{min(one.get('identifiers', ['?']))}>"
            for one in everybody
            if one["_id"] not in known
        }

    def _unsettled(self, service: str, document: Mapping[str, Any]) -> Iterator[str]:
        """Yield what is still to be done for a document."""
        for mark in ("unpublished", "announce_by", "claim", "unsettled_since"):
            if mark in document:
                yield mark
        ledger = self.collection(service, "ledger")
        for one in document.get("pending", ()):
            if one["row"] is None or not ledger.find_one({"_id": one["row"]["_id"]}):
                yield f"pending {one['key']}"

    def _mails(self) -> dict[str, int]:
        counted: dict[str, int] = {}
        for file in self._stack.mail_folder.glob("*.eml"):
            id = str(email.message_from_bytes(file.read_bytes())["Message-ID"])
            counted[id] = counted.get(id, 0) + 1
        return counted


def comparable(value: Json, names: Mapping[str, str]) -> Json:
    """Return a document or an event without what is different in every run."""
    match value:
        case dict():
            kept = {name: one for name, one in value.items() if name not in INCIDENTAL and name != "pending"}
            return {names.get(name, name): comparable(one, names) for name, one in kept.items()}
        case list() | tuple():
            return [comparable(one, names) for one in value]
        case datetime():
            return "<now>" if abs(value - datetime.now(UTC)) < RECENT else value.isoformat()
        case str() if value in names:
            return names[value]
        case str() if value[:2] == "20" and "T" in value:
            try:
                return "<now>" if abs(parse_time(value) - datetime.now(UTC)) < RECENT else value
            except ValueError:
                return value
        case _:
            return value


def differences(expected: Outcome, found: Outcome) -> list[str]:
    """Say what was lost, done twice, or is there without anybody's having asked for it."""
    said = [f"not settled: {one}" for one in found.pending]
    for kind in ("documents", "events"):
        wanted, got = getattr(expected, kind), getattr(found, kind)
        said += [f"lost: {key}" for key in wanted.keys() - got.keys()]
        said += [f"unexpected: {key}" for key in got.keys() - wanted.keys()]
        said += [
            f"different: {key}: {_difference(wanted[key], got[key])}"
            for key in wanted.keys() & got.keys()
            if wanted[key] != got[key]
        ]
    said += [f"mail lost: {key}" for key in expected.mails.keys() - found.mails.keys()]
    said += [f"unexpected mail: {key}" for key in found.mails.keys() - expected.mails.keys()]
    return said


def _difference(wanted: Json, got: Json) -> str:
    if isinstance(wanted, dict) and isinstance(got, dict):
        names = [name for name in wanted.keys() | got.keys() if wanted.get(name) != got.get(name)]
        return ", ".join(f"{name}: {_difference(wanted.get(name), got.get(name))}" for name in sorted(names))
    return f"{wanted!r} -> {got!r}"


def _events(message: Message) -> list[Event]:
    try:
        return [one for one in decode(message.body, message.content_type) if isinstance(one, dict)]
    except Exception:
        return []
