"""`wafa customers` against the running service; the other services are played by the test."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from urllib.request import urlopen

import amqp
import pytest

from tests.conftest import Isolated
from tests.waiting import eventually
from wafa.contracts.envelope import EXCHANGE, Event, decode, derive_id, make_event
from wafa.runtime.broker import connect
from wafa.runtime.client import Client
from wafa.runtime.publisher import Publisher
from wafa.runtime.topology import REFUSED
from wafa.stack import Stack

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TYPES = ("customer.merged.v1", "customer.unmerged.v1", "customer.erased.v1", "customer.updated.v1")
OTHERS = ("interactions", "loyalty", "notifications", "gateway")


@pytest.fixture(scope="module")
def service(isolated: Isolated) -> Iterator[Stack]:
    with isolated("customers") as stack:
        yield stack


@pytest.fixture
def heard(service: Stack) -> Iterator[Callable[[], list[Event]]]:
    """Return, each time, everything that the service has said so far of changes."""
    events: list[Event] = []
    with connect(service.amqp_uri, name="test") as connection:
        channel = connection.channel()
        queue = channel.queue_declare(exclusive=True).queue
        for kind in TYPES:
            channel.queue_bind(queue, EXCHANGE, kind)
        channel.queue_bind(queue, REFUSED)

        def hear() -> list[Event]:
            while message := channel.basic_get(queue, no_ack=True):
                events.extend(decode(_bytes(message), message.properties["content_type"]))
            return events

        yield hear


def _bytes(message: amqp.Message) -> bytes:
    return message.body if isinstance(message.body, bytes) else message.body.encode()


def wafa(service: Stack, *arguments: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "wafa.cli", "customers", *arguments]
    environment = {**os.environ, "AMQP_URI": service.amqp_uri}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, env=environment, text=True, **pipes)


def done(process: subprocess.Popen) -> dict:
    told, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return json.loads(told)


def confirm(service: Stack, change_id: str, *services: str) -> None:
    publisher = Publisher(service.amqp_uri, name="test")
    publisher.publish(
        [
            make_event(
                "customer.change_applied.v1",
                source=f"/wafa/{name}",
                id=derive_id(change_id, name),
                time=NOW,
                data={"change_id": change_id, "service": name},
            )
            for name in services
        ]
    )
    publisher.close()


def changed(heard: Callable[[], list[Event]], kind: str, customer_id: str) -> str:
    """Return the id of the change as soon as it is told."""

    def look() -> str | None:
        mine = (one["data"] for one in heard() if one["type"] == kind)
        return next(
            (one["change_id"] for one in mine if customer_id in (one.get("from"), one.get("customer_id"))),
            None,
        )

    return eventually(look)


def test_a_person_is_merged_separated_and_erased_and_everybody_confirms(service, heard, unique):
    with Client(service.amqp_uri) as services:
        references = [
            {
                "customer": {"email": f"{unique}{n}@example.com", "name": "ليلى"},
                "time": "2026-03-01T12:00:00Z",
            }
            for n in (1, 2)
        ]
        one, other = (answer["customer_id"] for answer in services.call("customers", "resolve", references))

        merging = wafa(service, "merge", one, other, "--json")
        change_id = changed(heard, "customer.merged.v1", one)
        confirm(service, change_id, *OTHERS)
        merged = done(merging)
        assert (merged["change_id"], merged["waiting_for"]) == (change_id, [])
        assert merged["confirmed"].keys() == set(OTHERS)
        assert services.call("customers", "get", one)["customer_id"] == other

        separating = wafa(service, "unmerge", one, "--json")
        confirm(service, changed(heard, "customer.unmerged.v1", one), *OTHERS)
        done(separating)
        assert services.call("customers", "get", one)["emails"] == [f"{unique}1@example.com"]

        erasing = wafa(service, "erase", one, "--yes", "--json")
        change_id = changed(heard, "customer.erased.v1", one)
        confirm(service, change_id, *OTHERS)
        done(erasing)
        assert services.call("customers", "get", one) == {"customer_id": one, "erased": True}
        [forget] = [event for event in heard() if event["type"] == "wafa.forget.v1"]
        assert forget["data"]["traces"]["emails"] == [f"{unique}1@example.com"]
        assert forget["data"]["change_id"] == change_id
        assert services.call("customers", "resolve", references[:1])[0]["reason"] == "customer_erased"
        assert services.call("customers", "erased", references) == [True, False]


def test_who_asks_without_waiting_can_look_later_and_the_metric_says_how_long_it_takes(service, unique):
    with Client(service.amqp_uri) as services:
        references = [
            {"customer": {"email": f"{unique}{n}@example.com"}, "time": "2026-03-01T12:00:00Z"}
            for n in (1, 2)
        ]
        one, other = (answer["customer_id"] for answer in services.call("customers", "resolve", references))
    change = done(wafa(service, "merge", one, other, "--no-wait", "--json"))
    assert change["waiting_for"] == list(OTHERS)
    eventually(lambda: age(service) > 0)
    confirm(service, change["change_id"], *OTHERS)
    eventually(lambda: age(service) == 0)
    shown = done(wafa(service, "changes", change["change_id"], "--json"))
    assert shown["waiting_for"] == []
    known = done(wafa(service, "show", one, "--json"))
    assert [record["customer_id"] for record in known["records"]] == [other, one]


def age(service: Stack) -> float:
    [url] = service.http_urls("customers")
    with urlopen(f"{url}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return next(
        (
            float(line.split()[-1])
            for line in lines
            if line.startswith('wafa_pending_age_seconds{service="customers"')
        ),
        -1,
    )


def test_what_is_refused_is_said_and_nothing_happens(service):
    process = wafa(service, "merge", "nobody", "nobody-else")
    told, errors = process.communicate(timeout=120)
    assert (process.returncode, told) == (1, "")
    assert "unknown_customer: no customer has the id nobody" in errors
