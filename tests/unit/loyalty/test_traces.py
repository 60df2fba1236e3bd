"""What loyalty publishes belongs to the trace of the purchase that it follows from, whoever publishes it."""

from datetime import timedelta

import pytest

from services.loyalty import sweeping
from services.loyalty.member import tombstone
from wafa.contracts.envelope import Event

from .histories import EPOCH
from .memory import MemoryStore
from .people import NOW, Bus, recorded, take_in
from .story import PROGRAM

FIRST = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
SECOND = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def bought(key: str, day: int, traceparent: str | None = None) -> Event:
    event = recorded("a", "purchase.completed.v1", key, EPOCH + timedelta(days=day), key, 20_00)
    return event | ({"traceparent": traceparent} if traceparent else {})


def traces(bus: Bus) -> set[tuple[str, str | None]]:
    return {(event["type"], event.get("traceparent")) for event in bus}


def test_follow_ups_of_a_purchase_are_in_its_trace() -> None:
    store, bus = MemoryStore(), Bus()
    take_in(store, bus, PROGRAM, bought("one", 1, FIRST))
    take_in(store, bus, PROGRAM, bought("two", 2, SECOND))
    assert traces(bus) >= {
        ("loyalty.member_updated.v1", FIRST),
        ("loyalty.member_updated.v1", SECOND),
        ("customer.recognized.v1", SECOND),
    }


def test_what_the_sweeper_publishes_for_a_dead_worker_is_in_the_same_trace() -> None:
    store, bus = MemoryStore(), Bus()

    def dies(events: object) -> None:
        raise ConnectionError

    take_in(store, bus, PROGRAM, bought("one", 1, FIRST))
    with pytest.raises(ConnectionError):
        take_in(store, dies, PROGRAM, bought("two", 2, SECOND))  # type: ignore[arg-type]
    swept = Bus()
    sweeping.sweep(store, swept, NOW + timedelta(minutes=1))  # type: ignore[arg-type]
    assert ("customer.recognized.v1", SECOND) in traces(swept)
    assert {traceparent for _, traceparent in traces(swept)} == {SECOND}


def test_an_untraced_purchase_is_not_put_in_the_trace_of_the_one_before() -> None:
    store, bus = MemoryStore(), Bus()
    take_in(store, bus, PROGRAM, bought("one", 1, FIRST))
    untraced = Bus()
    take_in(store, untraced, PROGRAM, bought("two", 2))
    assert {traceparent for _, traceparent in traces(untraced)} == {None}


def test_a_tombstone_names_no_trace() -> None:
    store, bus = MemoryStore(), Bus()
    take_in(store, bus, PROGRAM, bought("one", 1, FIRST))
    assert FIRST in str(store.documents)
    assert FIRST not in str(tombstone("a", store.documents["a"], NOW))
