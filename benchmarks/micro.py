"""What single steps cost, one at a time in this process: where the time of an event goes."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from benchmarks.feed import by_the_hundred, singly
from benchmarks.ground import Room
from benchmarks.workload import copy_of_the_file, customer_of, in_order_of_time
from services.customers.handlers import resolve
from services.customers.store import CustomerStore
from services.loyalty.domain.facts import Purchase
from services.loyalty.domain.program import Program
from services.loyalty.effects import Change, Entry, make_member
from services.loyalty.program_file import load_program
from wafa.contracts.envelope import Event, content_digest, decode, event_key
from wafa.contracts.validation import check, faults
from wafa.runtime.clock import now
from wafa.runtime.mongo import Document
from wafa.runtime.publisher import Publisher
from wafa.runtime.settings import DEFAULT_PROGRAM

AT_LEAST = 0.5
ROUNDS = 3
BATCH = 500


def measure(room: Room) -> dict[str, float]:
    """Return the cost of each step: microseconds an event, or events a second where the name says so."""
    events, moment = in_order_of_time(2 * BATCH)[BATCH:], now()
    single, hundred = list(singly(events)), list(by_the_hundred(events))
    figures = {
        "decode_single_us": _us(lambda: [decode(one.body, one.content_type) for one in single], BATCH),
        "decode_hundred_us": _us(lambda: [decode(one.body, one.content_type) for one in hundred], BATCH),
        "check_us": _us(lambda: [check(event, moment) for event in events], BATCH),
        "check_by_marshmallow_us": _us(lambda: [list(faults(event)) for event in events], BATCH),
        "key_and_digest_us": _us(
            lambda: [(event_key(event), content_digest(event)) for event in events], BATCH
        ),
        "fold_and_codec_us": _us(_folding(load_program(DEFAULT_PROGRAM), moment), BATCH),
    }
    publisher = Publisher(room.amqp_uri, name="benchmark")
    one_by_one = _rate(lambda: [publisher.publish([event]) for event in events], BATCH)
    figures["publish_one_by_one_per_second"] = one_by_one
    figures["publish_packed_per_second"] = _rate(lambda: publisher.publish(events), BATCH)
    figures |= _resolving(room, publisher)
    publisher.close()
    return {name: round(figure, 2) for name, figure in figures.items()}


def _folding(program: Program, moment: datetime) -> Callable[[], object]:
    """Return what loyalty does between its reads and its writes, for a member's third purchase."""

    def after(member: Document | None, days_ago: int) -> Document:
        purchase = Purchase(f"key {days_ago}", moment - timedelta(days_ago), f"purchase {days_ago}", 1999)
        filed = [pending["key"] for pending in member["pending"]] if member else []
        change = Change("a customer", member, filed)
        change.add([Entry("a customer", purchase, None)], filed)
        return make_member(change, change.fold_on(program), program, moment)

    known = after(after(None, 90), 60)
    return lambda: [after(known, 30) for _ in range(BATCH)]


def _resolving(room: Room, publisher: Publisher) -> dict[str, float]:
    store = CustomerStore(room.database("customers"))
    store.create_indexes()
    batches = _new_references()

    def of(references: Sequence[dict[str, Any]]) -> Callable[[], object]:
        return lambda: resolve(references, store, publisher.publish, now())

    known = next(batches)
    of(known)()
    return {
        "resolve_known_per_second": _rate(of(known), BATCH),
        "resolve_new_per_second": _rate(lambda: of(next(batches))(), BATCH),
    }


def _new_references() -> Iterator[list[dict[str, Any]]]:
    """Yield batches of references to different people whom nobody has met."""
    for copy in count(700):
        told = list({customer_of(event): event for event in copy_of_the_file(copy)}.values())
        for start in range(0, len(told) - BATCH, BATCH):
            yield [_reference(event) for event in told[start : start + BATCH]]


def _reference(event: Event) -> dict[str, Any]:
    return {"customer": event["data"]["customer"], "time": event["time"], "event": event_key(event)}


def _us(step: Callable[[], object], events: int) -> float:
    return 1e6 / _rate(step, events)


def _rate(step: Callable[[], object], events: int) -> float:
    """Return the events a second of the fastest of three rounds, each of at least half a second."""
    return max(_round(step, events) for _ in range(ROUNDS))


def _round(step: Callable[[], object], events: int) -> float:
    began, times = time.perf_counter(), 0
    while (took := time.perf_counter() - began) < AT_LEAST:
        step()
        times += 1
    return times * events / took
