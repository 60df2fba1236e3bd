"""SIGTERM: a batch is finished or goes back, the process ends within 20 s with code 0, whatever is away."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from tests.conftest import unique_name
from tests.faults.launching import Launched, launched
from tests.faults.wired import Wired, wired
from tests.waiting import eventually
from wafa.contracts.envelope import EXCHANGE, STRUCTURED, Event, decode, encode, make_event
from wafa.contracts.times import format_time
from wafa.runtime.broker import connect
from wafa.runtime.clock import now
from wafa.runtime.publisher import Message, Publisher
from wafa.runtime.topology import QUEUES, declare_all
from wafa.stack import SERVICES

WITHIN = 20
EVENTS = 3000
#: Collection in which each event of a service's queue leaves one document, and the follow-up that it causes.
LEAVES = {
    "customers": ("customers", "customer.created.v1"),
    "interactions": ("interactions", "interaction.recorded.v1"),
    "loyalty": ("ledger", "loyalty.member_updated.v1"),
    "notifications": ("audience", None),
}


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wired]:
    """Broker, database and mail, and the wires to them."""
    with wired(tmp_path_factory.mktemp("system"), services=[]) as system:
        yield system


@pytest.fixture
def town(system: Wired, tmp_path: Path) -> Iterator["Town"]:
    with ExitStack() as open_:
        yield Town(system, tmp_path, open_)
        system.amqp.resume()
        system.mongodb.resume()
        system.smtp.resume()


class Town:
    """Services to be started on empty queues and databases."""

    def __init__(self, system: Wired, folder: Path, open_: ExitStack) -> None:
        self.system = system
        self._folder = folder
        self._open = open_
        self._prefix = f"{unique_name()}_"
        self._mongo = open_.enter_context(MongoClient(system.mongodb_uri))
        self._connection = open_.enter_context(connect(system.amqp_uri, name="test"))
        self._channel = self._connection.channel()
        self._channel.auto_decode = False
        declare_all(self._channel)
        for queue in QUEUES:
            self._channel.queue_purge(queue)

    def start(self, *services: str) -> list[Launched]:
        """Start services that take small batches, so that a stop comes in between."""
        environment = {
            **self.system.system.environment(),
            "WAFA_DATABASE_PREFIX": self._prefix,
            "WAFA_SMTP_URL": f"smtp://127.0.0.1:{self.system.smtp.port}",
            "WAFA_BATCH_EVENTS": "20",
        }
        return [
            self._open.enter_context(launched(service, self._folder, environment)) for service in services
        ]

    def publish(self, service: str, count: int = EVENTS) -> None:
        """Publish as many events for a service, each of another customer and in a message of its own."""
        publisher = Publisher(self.system.amqp_uri, name="test shop")
        events = (event_for(service, number) for number in range(count))
        publisher.send([Message(EXCHANGE, event["type"], encode(event), STRUCTURED) for event in events])
        publisher.close()

    def done(self, service: str) -> int:
        return self._mongo[f"{self._prefix}{service}"][LEAVES[service][0]].estimated_document_count()

    def sending(self) -> bool:
        """Tell whether a mail is in hand."""
        return bool(self._mongo[f"{self._prefix}notifications"]["outreach"].find_one({"state": "claimed"}))

    def left(self) -> dict[str, int]:
        """Return the messages that lie in queues."""
        counts = {
            name: self._channel.queue_declare(name, passive=True).message_count
            for name in (*QUEUES, f"{self._prefix}ear")
        }
        return {name: count for name, count in counts.items() if count}

    @contextmanager
    def listening(self, service: str) -> Iterator[Callable[[], list[Event]]]:
        """Give a function that returns the follow-ups of a service heard meanwhile."""
        ear = f"{self._prefix}ear"
        self._channel.queue_declare(ear, durable=True, auto_delete=False)
        if LEAVES[service][1]:
            self._channel.queue_bind(ear, EXCHANGE, LEAVES[service][1])

        def heard() -> list[Event]:
            events: list[Event] = []
            while message := self._channel.basic_get(ear, no_ack=True):
                content_type = message.properties["content_type"]
                events += decode(bytes(message.body), content_type, max_bytes=1 << 24)
            return events

        yield heard


def event_for(service: str, number: int) -> Event:
    """Return an event that leaves one document in a service's database."""
    who = f"{number:05}"
    moment = now() - timedelta(days=1)
    told = {"customer": {"external_ids": [{"system": "test", "id": who}]}}
    original = {"purchase_id": who, "total": {"amount": "10.00", "currency": "USD"}}
    kind, data = {
        "customers": ("customer.registered.v1", told),
        "interactions": ("purchase.completed.v1", {**told, **original}),
        "loyalty": ("interaction.recorded.v1", recorded(who, original)),
        "notifications": ("customer.created.v1", {"customer_id": who, "version": 1, **NOTHING}),
    }[service]
    return make_event(kind, source="/test", id=f"{service}-{who}", time=moment, data=data)


def to_be_thanked(who: str) -> Iterator[Event]:
    """Yield what notifications must know of a customer who is to get a mail."""
    moment = format_time(now())
    money = {"amount": "10.00", "currency": "USD"}
    figures = {"tier": "member", "tier_since": moment, "points": 1, "purchase_count": 2, "repeat": True}
    sums = {"qualifying_spend": money, "spend": money}
    told: dict[str, dict[str, Any]] = {
        "customer.created.v1": {"version": 1, **NOTHING, "emails": [f"{who}@example.com"]},
        "loyalty.member_updated.v1": {"version": 1, "as_of": moment, **figures, **sums},
        "customer.recognized.v1": {"recognized_at": moment, "purchase_count": 2},
    }
    for kind, data in told.items():
        told_of = {"customer_id": who, **data}
        yield make_event(kind, source="/test", id=f"{kind} {who}", time=now(), data=told_of)


NOTHING: dict[str, Any] = {"emails": [], "phones": [], "external_ids": [], "consents": []}


def recorded(who: str, original: dict[str, Any]) -> dict[str, Any]:
    about = {"interaction_id": f"i-{who}", "customer_id": who, "type": "purchase.completed.v1"}
    return {**about, "time": format_time(now()), "source": "/test", "data": original}


def end(services: list[Launched]) -> None:
    """Send SIGTERM to all at once, and see how each ends."""
    with ThreadPoolExecutor(len(SERVICES)) as pool:
        for service, (code, seconds) in zip(services, pool.map(Launched.end, services), strict=True):
            assert code == 0, service.words[-2000:]
            assert seconds < WITHIN, service.words[-2000:]
            assert "Traceback" not in service.words


@pytest.mark.parametrize("service", SERVICES)
def test_what_was_published_is_done_or_still_in_the_queue_and_nothing_is_done_twice(
    town: Town, service: str
) -> None:
    needed = town.start("customers") if service == "interactions" else []
    town.publish(service)
    with town.listening(service) as heard:
        [one] = town.start(service)
        eventually(lambda: town.done(service) > 100)
        end([one])

        done = town.done(service)
        assert 100 < done < EVENTS, "it was not under load"
        follow_ups = heard()
        assert len(follow_ups) == (done if LEAVES[service][1] else 0)
        eventually(lambda: town.left().get(f"wafa.{service}") == EVENTS - done)
        assert "wafa.quarantine" not in town.left()
    end(needed)


Break = Callable[[Wired], None]
BREAKS: dict[str, tuple[Break, Break]] = {
    "broker-away": (lambda system: system.amqp.shut(), lambda system: system.amqp.open()),
    "database-away": (lambda system: system.mongodb.shut(), lambda system: system.mongodb.open()),
    "broker-silent": (lambda system: system.amqp.stall(), lambda system: system.amqp.resume()),
    "database-silent": (lambda system: system.mongodb.stall(), lambda system: system.mongodb.resume()),
}


@pytest.mark.parametrize("what", BREAKS)
def test_whatever_is_away_or_silent_the_process_ends(town: Town, what: str) -> None:
    breaks, mends = BREAKS[what]
    for service in SERVICES:
        town.publish(service, 1000)
    services = town.start(*SERVICES)
    eventually(lambda: all(town.done(service) for service in SERVICES), within=60)
    breaks(town.system)
    try:
        end(services)
    finally:
        mends(town.system)


def test_a_mail_server_that_is_silent_keeps_nobody(town: Town) -> None:
    town.system.smtp.stall()
    publisher = Publisher(town.system.amqp_uri, name="test shop")
    publisher.publish([event for number in range(20) for event in to_be_thanked(f"{number:05}")])
    publisher.close()
    [service] = town.start("notifications")
    eventually(town.sending)
    end([service])


def test_what_starts_while_everything_is_away_can_be_stopped_and_needs_no_restart(town: Town) -> None:
    town.system.amqp.shut()
    services = town.start("interactions", "loyalty")
    eventually(lambda: all("away, trying again" in one.words for one in services))
    end(services[:1])
    assert not services[1].answers("/readyz")

    town.system.mongodb.shut()
    services += town.start("customers")
    eventually(lambda: "database away, trying again" in services[2].words)
    town.system.mongodb.open()
    town.system.amqp.open()
    eventually(lambda: all(one.answers("/readyz") for one in services[1:]))
    end(services[1:])
