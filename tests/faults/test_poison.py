"""One event among five hundred that nobody can handle: the others are applied, and it ends in quarantine."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import pytest

from tests.faults import batches
from tests.faults.bus import Bus, message_of
from tests.faults.lane import Lane
from tests.faults.nursery import Child, Nursery
from tests.waiting import eventually
from wafa.contracts.envelope import Event, encode
from wafa.runtime.publisher import Message

#: Seconds, instead of the delays of production; their queues have names of their own.
DELAYS = (1, 2, 3)
EVENTS = 500
POISON = "poisonous"
QUEUE = "wafa.loyalty"
DEADLY = 10


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """A nursery whose children wait for seconds only between attempts."""
    with Nursery(tmp_path_factory.mktemp("impatient"), delays=DELAYS) as nursery:
        yield nursery


@pytest.fixture
def ward(lanes: Sequence[Lane], impatient: Nursery) -> Iterator[Lane]:
    """An empty place, in which quarantine is kept."""
    lane = lanes[0]
    lane.clear()
    lane.prepare({})
    with lane.raised_by(impatient):
        lane.start("interactions")
        yield lane
    lane.clear()


def purchases(number: int, name: str = "buyer") -> list[Event]:
    return [
        batches.recorded(f"{name}-{one}", "purchase.completed.v1", f"{name} bought {one}", 5)
        for one in range(number)
    ]


def poisoned(events: Sequence[Event]) -> list[Event]:
    """Return the events, the one in the middle of which is poison."""
    middle = len(events) // 2
    poison = batches.recorded(POISON, "purchase.completed.v1", POISON, 5)
    return [*events[:middle], poison, *events[middle + 1 :]]


def applied(lane: Lane) -> int:
    return int(lane.collection("loyalty", "ledger").count_documents({}))


def in_quarantine(lane: Lane) -> list[dict[str, Any]]:
    return list(lane.collection("interactions", "rejected").find())


def history(bus: Bus) -> list[str]:
    """Return what the errors were of the one event that was sent to quarantine."""
    [sent] = [event["data"] for event in bus.heard() if event["type"] == "wafa.quarantined.v1"]
    times = [attempt["at"] for attempt in sent["attempts"]]
    assert times == sorted(times)
    return [attempt["error"] for attempt in sent["attempts"]]


def take_in(lane: Lane, kind: str) -> Child:
    return lane.start("loyalty", size=EVENTS, poison={POISON: kind})


def restart_until(lane: Lane, done: Any, kind: str = "kill") -> int:
    """Start the service again whenever it has died, until `done`; return how often it died."""
    deaths = 0
    child = take_in(lane, kind)

    def look() -> bool:
        nonlocal child, deaths
        if not child.alive:
            deaths += 1
            child = take_in(lane, kind)
        return bool(done())

    eventually(look, within=100)
    return deaths


def test_an_event_that_raises_is_tried_five_times_and_nobody_waits_for_it(ward: Lane) -> None:
    ward.bus.send([message_of(event) for event in poisoned(purchases(EVENTS))])
    take_in(ward, "raise")

    eventually(lambda: applied(ward) == EVENTS - 1)
    assert not in_quarantine(ward), "the others are applied while it is still being tried"
    ward.bus.send([message_of(event) for event in purchases(10, "latecomer")])
    eventually(lambda: applied(ward) == EVENTS - 1 + 10)
    assert not in_quarantine(ward), "and so is what comes later"

    [entry] = eventually(lambda: in_quarantine(ward))
    assert (entry["reason"], entry["service"]) == ("processing_failed", "loyalty")
    assert POISON in entry["body"].decode()
    assert history(ward.bus) == ["ZeroDivisionError; the log has the details"] * (2 + len(DELAYS))
    assert applied(ward) == EVENTS - 1 + 10


@pytest.mark.parametrize("packed", [False, True], ids=["singly", "packed"])
def test_the_event_that_kills_the_process_is_found_and_its_neighbours_are_applied(
    ward: Lane, packed: bool
) -> None:
    events = poisoned(purchases(EVENTS))
    ward.bus.send([message_of(*events)] if packed else [message_of(event) for event in events])

    deaths = restart_until(ward, lambda: in_quarantine(ward) and applied(ward) == EVENTS - 1)

    [entry] = in_quarantine(ward)
    assert (entry["reason"], entry["service"]) == ("killed_process", "loyalty")
    assert POISON in entry["body"].decode()
    assert deaths < DEADLY
    assert ward.collection("loyalty", "members").count_documents({}) == EVENTS - 1


@pytest.mark.parametrize("kind", ["later", "away"])
def test_an_event_whose_time_has_not_come_passes_later(ward: Lane, kind: str) -> None:
    ward.bus.send([message_of(event) for event in poisoned(purchases(20))])
    take_in(ward, kind)

    eventually(lambda: applied(ward) == 20)

    assert not in_quarantine(ward)


def test_what_the_broker_has_delivered_too_often_goes_to_quarantine(ward: Lane) -> None:
    [event] = purchases(1)
    ward.bus.send([message_of(event)])

    eventually(lambda: not ward.bus.hand_back(QUEUE) and not ward.bus.depth(QUEUE))

    [entry] = eventually(lambda: in_quarantine(ward))
    assert entry["reason"] == "delivery_limit"
    assert msgspec.json.decode(entry["body"]) == event


@pytest.mark.parametrize(
    "attempts", ["[", "7", json.dumps([{"at": "2020-01-01T00:00:00Z", "error": "forged"}] * 9)]
)
def test_nobody_outside_decides_how_often_an_event_was_tried(ward: Lane, attempts: str) -> None:
    [event] = poisoned(purchases(1))
    forged = {"wafa-attempts": attempts, "wafa-routing-key": "x", "x-delivery-count": "99", "x-death": "x"}
    good = message_of(event)
    ward.bus.send([Message(good.exchange, good.routing_key, encode(event), good.content_type, forged)])
    take_in(ward, "raise")

    [entry] = eventually(lambda: in_quarantine(ward))

    assert entry["reason"] == "processing_failed"
    assert history(ward.bus) == ["ZeroDivisionError; the log has the details"] * (2 + len(DELAYS))
