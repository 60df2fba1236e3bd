"""The front door: events, lookups and cards over HTTP, beside a bare Flask and beside AMQP, in one run."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.progress import Progress

from benchmarks.finish import Finish
from benchmarks.ground import Room
from benchmarks.hands import ROOT
from benchmarks.meter import memory
from benchmarks.queues import Queues
from benchmarks.visitors import Visit, visit
from benchmarks.workload import in_order_of_time
from wafa.contracts.envelope import Event, encode, encode_batch
from wafa.runtime.client import Client
from wafa.runtime.publisher import Publisher
from wafa.services import PROCESSES
from wafa.stack import Stack
from wafa.stack.ports import LOOPBACK, Ports
from wafa.stack.services import is_ready
from wafa.stack.supervisor import Server, Supervisor

Figures = dict[str, Any]
SINGLY_AT_ONCE, ARRAYS_AT_ONCE, PEOPLE_AT_ONCE = 16, 8, 8
HUNDRED = 100
HELLOS = 4_000
CARDS = 2_000
CUSTOMERS = 500
#: Key to the front door that no limit stops.
ADMIN = {"scopes": ["admin"], "per_minute": 1_000_000}


def measure(room: Room, calm: Room, events: int, bar: Progress) -> Figures:
    """Return the figures; `room` has nobody who takes the events, in `calm` everybody works.

    Publishing is measured where nothing else uses the processors: what the services do with the events is
    another measurement.
    """
    task = bar.add_task("front door", total=7)

    def done(figures: Figures) -> Figures:
        bar.advance(task)
        return figures

    found: Figures = {}
    with _hello(room) as url:
        found["hello"] = done(visit(url, [Visit("GET", "/readyz")] * HELLOS, 200, SINGLY_AT_ONCE))
    feed = in_order_of_time(events)
    found["amqp_hundreds"] = done(_published(room, feed))
    with _front(room, ("gateway", "web")) as (stack, token):
        [url] = stack.http_urls("web")
        singles = [Visit("POST", "/v1/events", token, encode(one)) for one in feed[: events // 4]]
        found["events_singly"] = done(visit(url, singles, 202, SINGLY_AT_ONCE))
        hundreds = [encode_batch(feed[at : at + HUNDRED]) for at in range(0, events, HUNDRED)]
        arrays = [Visit("POST", "/v1/events", token, one) for one in hundreds]
        pids = {one.name: one.pid for one in stack.identities()}
        figures = visit(url, arrays, 202, ARRAYS_AT_ONCE)
        rate = figures["per_second"] * HUNDRED
        of_amqp = round(rate / found["amqp_hundreds"]["events_per_second"], 2)
        found["events_by_the_hundred"] = done(
            {**figures, "events_per_second": round(rate), "of_amqp": of_amqp, "memory_mib": memory(pids)}
        )
    return found | _people(calm, bar, done)


def _people(room: Room, bar: Progress, done: Any) -> Figures:
    with _front(room, PROCESSES) as (stack, token):
        [url] = stack.http_urls("web")
        feed = in_order_of_time(CUSTOMERS * 4)
        publisher = Publisher(room.amqp_uri, name="benchmark feed")
        publisher.publish(feed)
        publisher.close()
        with Queues(room, stack, bar) as queues:
            Finish(room).await_ledger(feed, queues.moved)
            Finish(room).await_rest(feed, queues.moved)
        names = list(dict.fromkeys(_external(event) for event in feed))
        lookups = [f"/v1/customers/lookup?system={system}&id={id}" for system, id in names]
        with Client(room.amqp_uri) as services:
            ids = [services.call("customers", "lookup", system=s, id=i)["customer_id"] for s, i in names]
        cards = [f"/v1/customers/{id}/card" for id in ids]
        return {
            "lookups": done(visit(url, _again(lookups, token), 200, PEOPLE_AT_ONCE)),
            "cards": done(visit(url, _again(cards, token), 200, PEOPLE_AT_ONCE)),
            "cards_one_by_one": done(visit(url, _again(cards, token)[: CARDS // 4], 200, 1)),
        }


def _again(paths: Sequence[str], token: str) -> list[Visit]:
    return [Visit("GET", paths[number % len(paths)], token) for number in range(CARDS)]


def _external(event: Event) -> tuple[str, str]:
    named = event["data"]["customer"]["external_ids"][0]
    return named["system"], named["id"]


def _published(room: Room, feed: Sequence[Event]) -> Figures:
    """Publish by the hundred as a shop does in Python, each hundred confirmed before the next."""
    publisher = Publisher(room.amqp_uri, name="benchmark feed")
    publisher.publish(feed[:HUNDRED])
    began = time.monotonic()
    for at in range(0, len(feed), HUNDRED):
        publisher.publish(feed[at : at + HUNDRED])
    rate = len(feed) / (time.monotonic() - began)
    publisher.close()
    return {"events_per_second": round(rate)}


@contextmanager
def _front(room: Room, services: Sequence[str]) -> Iterator[tuple[Stack, str]]:
    stack = Stack(
        room.folder / "front",
        services=services,
        amqp_uri=room.amqp_uri,
        mongodb_uri=room.mongodb_uri,
        environment={"WAFA_DATABASE_PREFIX": room.prefix},
    )
    with stack, Client(room.amqp_uri) as client:
        made = client.call("gateway", "key_create", "benchmark", **ADMIN)
        yield stack, made["token"]


@contextmanager
def _hello(room: Room) -> Iterator[str]:
    port = Ports({}).take("hello")
    command = [sys.executable, "-m", "benchmarks.hello", "--port", str(port)]
    log = room.folder / "hello.log"
    servers = Supervisor(lambda name, state: None)
    try:
        servers.start([Server("hello", command, {}, ROOT, log, lambda: is_ready(port))])
        yield f"http://{LOOPBACK}:{port}"
    finally:
        servers.kill_all()
