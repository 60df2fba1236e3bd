"""Quarantine: what was refused is listed, shown as it came, corrected and replayed."""

import json
from datetime import UTC, datetime

import pytest
from pymongo.database import Database

from services.interactions import handlers, queries
from services.interactions.store import InteractionStore
from wafa.contracts.envelope import STRUCTURED, Event, decode, encode, make_event
from wafa.contracts.errors import Problem
from wafa.runtime.consumer import Delivery
from wafa.runtime.quarantine import Rejected, rejection_messages

NOW = datetime(2026, 3, 3, 8, tzinfo=UTC)
BROKEN = Problem("invalid", "data.total.currency", "must be an ISO 4217 code")


@pytest.fixture
def store(database: Database) -> InteractionStore:
    store = InteractionStore(database)
    store.create_indexes()
    return store


class Bus(list):
    def __call__(self, events: list[Event]) -> None:
        self.extend(events)


@pytest.fixture
def bus() -> Bus:
    return Bus()


def purchase(currency: str = "SAR") -> Event:
    data = {
        "customer": {"email": "mona@example.com"},
        "purchase_id": "p1",
        "total": {"amount": "10.00", "currency": currency},
    }
    return make_event("purchase.completed.v1", source="/till/1", id="p1", time=NOW, data=data)


def refuse(
    store: InteractionStore, bus: Bus, problem: Problem, *, event: Event | None = None, body: bytes = b""
) -> str:
    """Send something to quarantine the way the runtime does; return its id."""
    headers = {"x-till": "7", "$set": "header"}
    delivery = Delivery(body or encode(event), STRUCTURED, "purchase.completed.v1", 1, headers)
    [message] = rejection_messages("interactions", [Rejected(delivery, problem, event)], NOW)
    events = decode(message.body, message.content_type)
    handlers.quarantine(events, store, bus)
    return events[0]["data"]["rejection_id"]


def test_a_refused_event_is_listed_with_reason_and_field_and_told(store: InteractionStore, bus: Bus) -> None:
    id = refuse(store, bus, BROKEN, event=purchase("XXX"))

    [entry] = queries.rejected(store, "open", None, 10)["rejected"]
    assert (entry["id"], entry["reason"], entry["path"]) == (id, "invalid", "data.total.currency")
    assert (entry["event_id"], entry["event_source"]) == ("p1", "/till/1")
    assert [event["type"] for event in bus] == ["event.rejected.v1"]


def test_the_original_bytes_and_headers_are_kept(store: InteractionStore, bus: Bus) -> None:
    id = refuse(store, bus, Problem("unreadable", "", "not JSON"), body=b'{"caf\xe9": ')

    assert bytes(store.rejected_entry(id)["body"]) == b'{"caf\xe9": '
    shown = queries.rejected_entry(store, id)
    assert shown["body"] == '{"caf\\xe9": '
    assert ["$set", "header"] in shown["headers"]
    assert json.dumps(shown)


def test_the_same_refusal_delivered_twice_is_one_entry(store: InteractionStore, bus: Bus) -> None:
    ids = {refuse(store, bus, BROKEN, event=purchase("XXX")) for _ in range(2)}

    assert len(ids) == 1
    assert queries.rejected(store, "open", None, 10)["open"] == {"invalid": 1}


def test_a_corrected_event_is_published_and_the_entry_closed(store: InteractionStore, bus: Bus) -> None:
    id = refuse(store, bus, BROKEN, event=purchase("XXX"))
    bus.clear()

    answer = handlers.replay(id, purchase("SAR"), store, bus, NOW)

    assert answer["replayed"] == [{"source": "/till/1", "id": "p1", "type": "purchase.completed.v1"}]
    assert bus == [purchase("SAR")]
    assert queries.rejected(store, "open", None, 10)["rejected"] == []
    assert len(queries.rejected(store, "replayed", None, 10)["rejected"]) == 1


def test_what_is_still_invalid_is_not_published(store: InteractionStore, bus: Bus) -> None:
    id = refuse(store, bus, BROKEN, event=purchase("XXX"))
    bus.clear()

    answer = handlers.replay(id, None, store, bus, NOW)

    assert (answer["error"]["reason"], answer["error"]["path"]) == ("invalid", "data.total.currency")
    assert bus == []
    assert queries.rejected(store, "open", None, 10)["open"] == {"invalid": 1}


def test_what_failed_for_a_reason_outside_of_it_is_replayed_as_it_was(
    store: InteractionStore, bus: Bus
) -> None:
    id = refuse(store, bus, Problem("processing_failed", "", "a bug, mended since"), event=purchase())
    bus.clear()

    handlers.replay(id, None, store, bus, NOW)

    assert bus == [purchase()]


def test_a_conflict_cannot_be_replayed_as_it_was(store: InteractionStore, bus: Bus) -> None:
    id = refuse(store, bus, Problem("conflict", "id", "another was first"), event=purchase())
    bus.clear()

    assert handlers.replay(id, None, store, bus, NOW)["error"]["reason"] == "conflict"
    assert bus == []


def test_replaying_nothing_is_an_error_and_leaves_the_entry_open(store: InteractionStore, bus: Bus) -> None:
    id = refuse(store, bus, BROKEN, event=purchase("XXX"))

    assert handlers.replay(id, [], store, bus, NOW)["error"]["reason"] == "invalid"
    assert queries.rejected(store, "open", None, 10)["open"] == {"invalid": 1}


def test_what_was_refused_once_more_during_its_replay_stays_open(store: InteractionStore, bus: Bus) -> None:
    """No rate yet: the replayed event comes back before the replay is noted."""
    problem = Problem("processing_failed", "", "")
    id = refuse(store, bus, problem, event=purchase())

    handlers.replay(id, None, store, lambda events: refuse(store, bus, problem, event=purchase()), NOW)

    assert queries.rejected(store, "open", None, 10)["open"] == {"processing_failed": 1}


def test_a_refusal_is_told_with_the_same_content_however_often_it_comes(
    store: InteractionStore, bus: Bus
) -> None:
    for hour in (8, 9):
        delivery = Delivery(b"{", STRUCTURED, "x", 1, {})
        refused = Rejected(delivery, Problem("unreadable", "", ""))
        [message] = rejection_messages("interactions", [refused], NOW.replace(hour=hour))
        handlers.quarantine(decode(message.body, message.content_type), store, bus)

    assert bus[0] == bus[1]


def test_nonsense_sent_to_the_quarantine_is_refused_like_any_other(store: InteractionStore, bus: Bus) -> None:
    nonsense = make_event(
        "wafa.quarantined.v1", source="/x", id="1", time=NOW, data={"rejection_id": {"$gt": ""}}
    )

    [refusal] = handlers.quarantine([nonsense], store, bus)

    assert refusal.problem.reason == "invalid"
    assert bus == []


def test_unreadable_bytes_need_a_correction_and_say_so(store: InteractionStore, bus: Bus) -> None:
    id = refuse(store, bus, Problem("unreadable", "", "not JSON"), body=b"{")

    assert "give a corrected event" in handlers.replay(id, None, store, bus, NOW)["error"]["message"]
    assert handlers.replay("no such id", None, store, bus, NOW)["error"]["reason"] == "not_found"


def test_a_huge_message_is_kept_in_part_with_its_size_and_digest(store: InteractionStore, bus: Bus) -> None:
    body = b"x" * (6 * 1024 * 1024)
    delivery = Delivery(body, STRUCTURED, "purchase.completed.v1", 1, {})
    problem = Problem("too_large", "", "at most 1 MiB")
    [message] = rejection_messages("interactions", [Rejected(delivery, problem)], NOW)
    events = decode(message.body, message.content_type, max_bytes=16 * 1024 * 1024)
    handlers.quarantine(events, store, bus)

    entry = store.rejected_entry(events[0]["data"]["rejection_id"])
    assert (entry["size"], len(entry["body"])) == (6 * 1024 * 1024, 5 * 1024 * 1024)
