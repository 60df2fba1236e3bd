"""Webhooks: how many deliveries a second leave the courier, and how long an event takes to its receiver."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import quantiles
from typing import Any, Self

from rich.progress import Progress

from benchmarks.feed import send_steadily
from benchmarks.finish import WrongOutcome, wait_for
from benchmarks.ground import Room
from benchmarks.meter import CpuMeter, memory
from benchmarks.receiver import Receiver, receiver
from benchmarks.visitors import Visit, visit
from services.gateway.domain.key import Key
from services.gateway.domain.subscription import Flow, Secret, Subscription
from services.gateway.store import GatewayStore
from services.gateway.webhooks.courier import AT_ONCE
from wafa.contracts.envelope import Event, encode, make_event
from wafa.contracts.examples import example
from wafa.runtime.clock import now
from wafa.runtime.publisher import Publisher
from wafa.runtime.webhooks.signing import new_secret
from wafa.stack import Stack

Figures = dict[str, Any]
TYPE = "loyalty.tier_changed.v1"
KEY = "bench"
MANY = 20


def measure(room: Room, servers: dict[str, int], deliveries: int, seconds: int, bar: Progress) -> Figures:
    """Return the figures: of as many deliveries to one subscription as to many, then of single events.

    The events are kept for subscriptions that are paused, and the clock runs from the first call to the last:
    what is measured is the courier. A bare client, over as many connections as the courier has for a
    subscription, sends the same to the same receiver.
    """
    task = bar.add_task("webhooks", total=4)
    with receiver(deliveries) as there:
        posts = [Visit("POST", "/", body=encode(one)) for one in _events(deliveries)]
        found: Figures = {"bare": visit(there.url, posts, 204, AT_ONCE)}
        bar.advance(task)
        with _gateway(room) as stack:
            pids = {one.name: one.pid for one in stack.identities() if one.name == "gateway"} | servers
            for name, subscriptions in (("one", 1), ("many", MANY)):
                with _Desk(room, there, subscriptions) as desk:
                    found[name] = desk.work_off(deliveries, pids)
                of_bare = round(found[name]["per_second"] / found["bare"]["per_second"], 2)
                found[name]["of_bare"] = of_bare
                bar.advance(task)
            with _Desk(room, there, 1) as desk:
                rate = found["one"]["per_second"] / 5
                found["lag"] = desk.follow(rate, min(int(rate * seconds), deliveries))
            found["memory_mib"] = memory(pids)
        bar.advance(task)
    return found


class _Desk:
    """Subscriptions that begin paused, what is kept for them, and what has come of it."""

    def __init__(self, room: Room, there: Receiver, subscriptions: int) -> None:
        self._room, self._there = room, there
        database = room.database("gateway")
        self._kept = database["deliveries"]
        self._store = GatewayStore(database)
        self._ids = [f"wh_{number}" for number in range(subscriptions)]

    def __enter__(self) -> Self:
        self._there.forget()
        for id in self._ids:
            self._store.add_webhook(_paused(id, self._there.url))
        return self

    def __exit__(self, *_: object) -> None:
        for id in self._ids:
            self._store.remove_webhook(id)
            self._store.remove_deliveries(id)

    def work_off(self, deliveries: int, pids: dict[str, int]) -> Figures:
        """Let so many deliveries be kept, then made."""
        publisher = Publisher(self._room.amqp_uri, name="benchmark feed")
        publisher.publish(_events(deliveries // len(self._ids)))
        publisher.close()
        wait_for("all to be kept", lambda: self._in("waiting") == deliveries, lambda: self._in("waiting"))
        cpu = CpuMeter(pids)
        self._go_on()
        self._await_delivered(deliveries)
        spent = cpu.seconds()
        moments = [moment for _, moment in self._there.calls()]
        return {
            "subscriptions": len(self._ids),
            "deliveries": deliveries,
            "per_second": round((deliveries - 1) / (moments[-1] - moments[0]), 1),
            "cpu_ms_per_delivery": {name: round(1000 * used / deliveries, 3) for name, used in spent.items()},
        }

    def follow(self, rate: float, number: int) -> Figures:
        """Publish so many single events at a steady rate, and see how long each takes to the receiver."""
        self._go_on()
        events = _events(number)
        with self._room.connect() as connection:
            due = send_steadily(connection, events, rate)
        self._await_delivered(number)
        heard = dict(self._there.calls())
        took = [1000 * (heard[int(event["id"])] - at) for event, at in zip(events, due, strict=True)]
        cuts = quantiles(took, n=100)
        return {
            "events": number,
            "events_per_second": round(rate, 1),
            "p50_ms": round(cuts[49], 1),
            "p99_ms": round(cuts[98], 1),
            "max_ms": round(max(took), 1),
        }

    def _go_on(self) -> None:
        for id in self._ids:
            self._store.change_webhook(id, {"state": Flow.ACTIVE.value})

    def _await_delivered(self, deliveries: int) -> None:
        wait_for("the last call", lambda: self._there.heard >= deliveries, lambda: self._there.heard)
        wait_for("the books", lambda: not self._in("waiting"), lambda: self._in("waiting"))
        delivered = self._kept.count_documents({"state": "delivered", "attempts": 1})
        if not delivered == self._there.heard == deliveries:
            raise WrongOutcome(f"{self._there.heard} calls, {delivered} delivered at once, not {deliveries}")

    def _in(self, state: str) -> int:
        return self._kept.count_documents({"state": state})


def _events(number: int) -> Sequence[Event]:
    data = example(TYPE)["data"]
    return [
        make_event(TYPE, source="/wafa/loyalty", id=str(place), time=now(), data=data)
        for place in range(number)
    ]


def _paused(id: str, url: str) -> Subscription:
    covers, secrets = frozenset({TYPE}), (Secret(new_secret()),)
    return Subscription(id, url, (TYPE,), covers, secrets, now(), KEY, state=Flow.PAUSED)


@contextmanager
def _gateway(room: Room) -> Iterator[Stack]:
    stack = Stack(
        room.folder / "gateway",
        services=["gateway"],
        amqp_uri=room.amqp_uri,
        mongodb_uri=room.mongodb_uri,
        environment={"WAFA_DATABASE_PREFIX": room.prefix, "WAFA_WEBHOOK_PRIVATE": "true"},
    )
    with stack:
        # A subscription hears by the right of a key.
        GatewayStore(room.database("gateway")).add_key(Key(KEY, KEY, "", frozenset(), 1, now()))
        yield stack
