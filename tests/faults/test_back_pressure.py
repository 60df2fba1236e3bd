"""More than can be taken: who publishes is refused and told so, nothing is lost, memory stays as it is."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import amqp
import pytest
from pymongo import MongoClient

from tests.conftest import unique_name
from tests.faults.proxy import Proxy
from tests.faults.soak import empty
from tests.faults.wired import Wired, wired
from tests.waiting import eventually
from wafa.contracts.envelope import EXCHANGE, STRUCTURED, Event, encode, event_key, make_event
from wafa.runtime.broker import connect
from wafa.runtime.clock import now
from wafa.runtime.errors import PublishFailed
from wafa.runtime.publisher import Publisher
from wafa.stack import SERVICES

CONTACT = "contact.logged.v1"
QUEUE = "wafa.interactions"
#: What a process may hold of the machine's memory at its worst, in MiB.
MOST_MEMORY = 160
LARGE = 1000 * 1000


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wired]:
    with wired(tmp_path_factory.mktemp("system")) as system:
        yield system


@contextmanager
def room_for(system: Wired, messages: int) -> Iterator[None]:
    """Bound the queue of interactions as tightly as this."""
    rule = json.dumps({"max-length": messages})
    system.servers.rabbitmqctl("set_policy", "--apply-to", "queues", "tight", f"^{QUEUE}$", rule)
    yield
    system.servers.rabbitmqctl("clear_policy", "tight")


@contextmanager
def without(proxy: Proxy) -> Iterator[None]:
    """Have nobody reach what is behind a proxy."""
    proxy.shut()
    try:
        yield
    finally:
        proxy.open()


def contact(source: str, number: int, **more: Any) -> Event:
    customer = {"external_ids": [{"system": "test", "id": f"{number % 100}"}]}
    about = {"kind": "call", "direction": "inbound", "purpose": "service"}
    data = {"customer": customer, **about, **more}
    return make_event(CONTACT, source=source, id=f"{number}", time=now(), data=data)


class Outsider:
    """A till that publishes as fast as it can, and remembers of each event what the broker said."""

    WINDOW = 1000

    def __init__(self, uri: str) -> None:
        self.confirmed: set[str] = set()
        self.refused: set[str] = set()
        self._waiting: dict[int, str] = {}
        self._connection = connect(uri, name="test till")
        self._channel = self._connection.channel()
        self._channel.confirm_select()
        self._channel.events["basic_ack"].add(lambda tag, multiple: self._note(tag, multiple, self.confirmed))
        self._channel.events["basic_nack"].add(lambda tag, multiple: self._note(tag, multiple, self.refused))

    def publish(self, events: Sequence[Event]) -> None:
        """Publish each in a message of its own, with a thousand of them in flight."""
        for tag, event in enumerate(events, 1):
            self._waiting[tag] = event_key(event)
            message = amqp.Message(encode(event), content_type=STRUCTURED, delivery_mode=2)
            self._channel.basic_publish(message, exchange=EXCHANGE, routing_key=CONTACT)
            while len(self._waiting) >= self.WINDOW:
                self._connection.drain_events(timeout=30)
        while self._waiting:
            self._connection.drain_events(timeout=30)
        self._connection.close()

    def _note(self, tag: int, multiple: bool, those: set[str]) -> None:
        tags = [one for one in self._waiting if one <= tag] if multiple else [tag]
        those.update(self._waiting.pop(one) for one in tags)


def stored(system: Wired, source: str) -> set[str]:
    with MongoClient(system.mongodb_uri) as mongo:
        found = mongo["wafa_interactions"]["interactions"].find({"source": source}, {"_id": 1})
        return {one["_id"] for one in found}


def peaks(system: Wired) -> dict[str, float]:
    """Return the most memory that each service has ever held, in MiB."""
    return {name: _peak(system.process(name).pid) for name in SERVICES}


def _peak(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def test_what_is_confirmed_is_stored_and_what_is_refused_is_not(system: Wired) -> None:
    source = f"/{unique_name()}"
    till = Outsider(system.amqp_uri)
    with room_for(system, 100):
        till.publish([contact(source, number) for number in range(10_000)])
        empty(system)

    assert till.refused, "the broker took everything"
    assert len(till.confirmed) + len(till.refused) == 10_000
    assert stored(system, source) == till.confirmed
    assert max(peaks(system).values()) < MOST_MEMORY


def test_a_backlog_of_large_messages_and_a_database_that_is_away_fill_no_memory(system: Wired) -> None:
    source = f"/{unique_name()}"
    events = [contact(source, number, remark="x" * LARGE) for number in range(200)]
    events += [contact(source, 200 + number) for number in range(3000)]
    with without(system.mongodb):
        publisher = Publisher(system.amqp_uri, name="test till")
        for start in range(0, len(events), 100):
            publisher.publish(events[start : start + 100])
        publisher.close()
        eventually(lambda: "batch kept, trying again" in log_of(system, "interactions"))
    empty(system)

    assert stored(system, source) == {event_key(event) for event in events}
    assert {name: peak for name, peak in peaks(system).items() if peak > MOST_MEMORY} == {}


def test_a_publisher_is_told_that_a_queue_is_full_and_how_far_it_came(system: Wired, tmp_path: Path) -> None:
    source = f"/{unique_name()}"
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"\n".join(encode(contact(source, number)) for number in range(6000)))
    system.end("interactions")
    with room_for(system, 12):
        publisher = Publisher(system.amqp_uri, name="test till")
        with pytest.raises(PublishFailed, match="a queue is full"):
            fill(publisher, source)
        publisher.close()
        system.servers.rabbitmqctl("purge_queue", QUEUE)
        done = subprocess.run(
            [sys.executable, "-m", "wafa.cli", "publish", str(file)],
            env={**os.environ, "AMQP_URI": system.amqp_uri},
            capture_output=True,
            text=True,
            check=False,
        )
    system.revive("interactions")
    empty(system)

    assert done.returncode == 1
    assert "a queue is full" in done.stderr
    told = next(line for line in done.stderr.splitlines() if "confirmed" in line)
    confirmed = int(told.partition(" events confirmed")[0].rpartition(" ")[2])
    assert 0 < confirmed <= len(stored(system, source)) < 6000
    assert stored(system, source) >= {event_key(contact(source, number)) for number in range(confirmed)}


def fill(publisher: Publisher, source: str) -> None:
    """Publish until there is no room."""
    for number in range(6000, 6100):
        publisher.publish([contact(source, number)])


def log_of(system: Wired, service: str) -> str:
    return (system.system.log_folder / f"{service}.log").read_text("utf-8", "replace")
