"""Recording a batch against a real database: what is stored, published and refused."""

from datetime import UTC, datetime

import pytest
from pymongo.database import Database

from services.interactions import handlers, queries
from services.interactions.store import InteractionStore
from wafa.contracts.envelope import Event, derive_id, event_key, make_event

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NOW = datetime(2026, 3, 3, 8, tzinfo=UTC)
SOURCE = "/till/1"


@pytest.fixture
def store(database: Database) -> InteractionStore:
    store = InteractionStore(database)
    store.create_indexes()
    store.create_indexes()
    return store


class Bus(list):
    """Keeps what was published."""

    def __call__(self, events: list[Event]) -> None:
        self.extend(events)


@pytest.fixture
def bus() -> Bus:
    return Bus()


def resolve(references: list[dict]) -> list[dict]:
    """Customers known by their e-mail; `nobody` cannot be resolved."""
    refused = {"reason": "invalid_identifier", "path": "data.customer.email", "message": "nobody"}
    emails = [reference["customer"]["email"] for reference in references]
    return [refused if "nobody" in email else {"customer_id": email.split("@")[0]} for email in emails]


def purchase(id: str, *, who: str = "mona", amount: str = "29.33", **more: object) -> Event:
    data = {
        "customer": {"email": f"{who}@example.com"},
        "purchase_id": id,
        "total": {"amount": amount, "currency": "KWD"},
        "channel": "store",
        **more,
    }
    return make_event("purchase.completed.v1", source=SOURCE, id=id, time=NOON, data=data)


def complaint(kind: str, id: str, hour: int, about: str = "c-1") -> Event:
    data = {
        "customer": {"email": "mona@example.com"},
        "complaint_id": about,
        "category": "late",
        "severity": "high",
    }
    return make_event(f"complaint.{kind}.v1", source=SOURCE, id=id, time=NOON.replace(hour=hour), data=data)


def record(events: list[Event], store: InteractionStore, bus: Bus) -> list:
    return handlers.record(events, store, resolve, bus, NOW)


def test_an_interaction_is_recorded_and_told_with_everything_but_the_reference(
    store: InteractionStore, bus: Bus
) -> None:
    event = purchase("p1")
    assert record([event], store, bus) == []

    [told] = bus
    assert told["type"] == "interaction.recorded.v1"
    assert told["id"] == derive_id(event_key(event), "recorded")
    assert told["data"]["customer_id"] == "mona"
    assert told["data"]["channel"] == "store"
    assert told["data"]["data"] == {"purchase_id": "p1", "total": {"amount": "29.33", "currency": "KWD"}}
    [shown] = queries.timeline(store, "mona", None, 10)["interactions"]
    assert "customer" not in shown["data"]


def test_the_same_event_again_is_told_again_but_recorded_once(store: InteractionStore, bus: Bus) -> None:
    record([purchase("p1")], store, bus)
    record([purchase("p1"), purchase("p1")], store, bus)

    assert [event["id"] for event in bus] == [bus[0]["id"]] * 2
    assert [total["records"] for total in queries.totals(store)] == [1]


def test_another_content_under_the_same_identity_is_refused_and_the_first_stands(
    store: InteractionStore, bus: Bus
) -> None:
    record([purchase("p1")], store, bus)
    other = purchase("p1", amount="1.000")

    [refusal] = record([other, purchase("p2")], store, bus)

    assert (refusal.event, refusal.problem.reason) == (other, "conflict")
    [total] = queries.totals(store)
    assert (total["records"], total["minor"]) == (2, 2 * 29_330)


def test_an_event_that_contradicts_a_recorded_one_has_no_effect_at_all(
    store: InteractionStore, bus: Bus
) -> None:
    """Not even that of making somebody a customer."""
    record([purchase("p1")], store, bus)
    resolved: list[dict] = []

    def resolve_and_tell(references: list[dict]) -> list[dict]:
        resolved.extend(references)
        return resolve(references)

    handlers.record([purchase("p1", who="stranger"), purchase("p1")], store, resolve_and_tell, bus, NOW)

    assert resolved == []


def test_a_conflict_within_one_batch_is_found_too(store: InteractionStore, bus: Bus) -> None:
    [refusal] = record([purchase("p1"), purchase("p1", amount="1.000")], store, bus)

    assert refusal.problem.reason == "conflict"


def test_who_cannot_be_resolved_is_refused_and_the_neighbours_are_recorded(
    store: InteractionStore, bus: Bus
) -> None:
    [refusal] = record([purchase("p1"), purchase("p2", who="nobody"), purchase("p3")], store, bus)

    assert (refusal.problem.reason, refusal.problem.path) == ("invalid_identifier", "data.customer.email")
    assert len(bus) == 2


def test_names_that_mean_something_to_the_database_are_kept_as_they_are(
    store: InteractionStore, bus: Bus
) -> None:
    strange = {"$where": "1", "a.b": {"$gt": ""}, "": 2**70, "deep": [[[[]]]]}
    assert record([purchase("p1", extra=strange)], store, bus) == []

    [shown] = queries.timeline(store, "mona", None, 10)["interactions"]
    assert shown["data"]["extra"] == strange


def test_a_complaint_is_an_open_case_until_it_is_resolved_in_whatever_order_that_arrives(
    store: InteractionStore, bus: Bus
) -> None:
    record([complaint("resolved", "e2", 15)], store, bus)
    record([complaint("opened", "e1", 9)], store, bus)
    assert queries.card(store, "mona")["open_cases"] == []

    record([complaint("reopened", "e3", 18), complaint("opened", "e4", 9, about="c-2")], store, bus)
    assert len(queries.card(store, "mona")["open_cases"]) == 2


def test_a_worker_that_read_less_does_not_overwrite_a_case(store: InteractionStore, bus: Bus) -> None:
    record([complaint("opened", "e1", 9)], store, bus)
    [old] = store.open_cases("mona")
    record([complaint("resolved", "e2", 15)], store, bus)

    store.save_cases([old])

    assert store.open_cases("mona") == []


def test_the_timeline_is_read_page_by_page_without_gaps(store: InteractionStore, bus: Bus) -> None:
    record([purchase(f"p{n}") for n in range(7)], store, bus)

    seen, before = [], None
    while True:
        page = queries.timeline(store, "mona", before, 3)
        seen += [one["event_id"] for one in page["interactions"]]
        before = page.get("next")
        if before is None:
            break

    assert sorted(seen) == [f"p{n}" for n in range(7)]


def test_the_card_shows_the_last_purchase(store: InteractionStore, bus: Bus) -> None:
    record([purchase("p1"), {**purchase("p2"), "time": "2026-03-02T11:00:00Z"}], store, bus)

    assert queries.card(store, "mona")["last_purchase"]["event_id"] == "p1"


def test_outbound_events_that_nobody_listens_to_are_let_pass(store: InteractionStore, bus: Bus) -> None:
    event = make_event("outreach.sent.v1", source="/wafa/notifications", id="1", time=NOON, data={})

    assert record([event], store, bus) == []
    assert queries.totals(store) == []
