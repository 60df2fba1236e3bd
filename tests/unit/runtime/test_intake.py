"""Between deliveries and handlers: what is bad goes to quarantine, and is never in the way of the rest."""

import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from pymongo.errors import OperationFailure

from wafa.contracts.envelope import BATCH, STRUCTURED, Event, make_event
from wafa.contracts.errors import Problem
from wafa.runtime.consumer import Delivery
from wafa.runtime.errors import Transient
from wafa.runtime.intake import Intake
from wafa.runtime.policy import Reject
from wafa.runtime.publisher import Message
from wafa.runtime.quarantine import Rejected, rejection_messages

CONTACT = "contact.logged.v1"


class Quarantine:
    """Stands in for the publisher: keeps what was sent."""

    def __init__(self) -> None:
        self.kept: list[dict[str, Any]] = []

    def send(self, messages: Sequence[Message]) -> None:
        self.kept += [json.loads(one.body)["data"] for one in messages]

    @property
    def reasons(self) -> list[tuple[str, str]]:
        return [(one["reason"], one["path"]) for one in self.kept]


class Handler:
    """Applies events, and does with some of them what the test says."""

    def __init__(self, **trouble: Any) -> None:
        self.trouble = trouble
        self.applied: list[str] = []

    def __call__(self, events: list[Event]) -> list[Reject]:
        refusals = []
        for event in events:
            trouble = self.trouble.get(event["id"])
            if isinstance(trouble, Exception):
                raise trouble
            if isinstance(trouble, Problem):
                refusals.append(Reject(event, trouble))
        refused = {refusal.event["id"] for refusal in refusals}
        self.applied += [event["id"] for event in events if event["id"] not in refused | set(self.applied)]
        return refusals


def contact(id: str) -> Event:
    data = {
        "customer": {"email": "a@example.com"},
        "kind": "call",
        "direction": "inbound",
        "purpose": "service",
    }
    return {
        "specversion": "1.0",
        "id": id,
        "source": "/t",
        "type": CONTACT,
        "time": "2026-01-01T00:00:00Z",
        "data": data,
    }


def delivery(content: Any, *, key: str = CONTACT) -> Delivery:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Delivery(body, BATCH if isinstance(content, list) else STRUCTURED, key, 1)


def intake(handler: Handler, quarantine: Quarantine, **options: Any) -> Intake:
    return Intake("test", "queue", handler, quarantine, **options)  # type: ignore[arg-type]


def test_one_bad_event_of_a_batch_does_not_affect_the_others() -> None:
    handler, quarantine = Handler(), Quarantine()

    intake(handler, quarantine).take(
        [delivery([contact("a"), {**contact("b"), "time": "noon"}, contact("c")])]
    )

    assert handler.applied == ["a", "c"]
    assert quarantine.reasons == [("invalid", "time")]


def test_a_broken_message_does_not_affect_other_messages() -> None:
    handler, quarantine = Handler(), Quarantine()

    intake(handler, quarantine).take([delivery(b"{"), delivery(contact("a"))])

    assert handler.applied == ["a"]
    assert quarantine.reasons == [("unreadable", "")]


def test_the_event_that_breaks_a_handler_is_found_and_its_neighbours_are_applied() -> None:
    handler, quarantine = Handler(poison=KeyError("boom")), Quarantine()
    events = [
        *(contact(f"e{n}") for n in range(250)),
        contact("poison"),
        *(contact(f"e{n}") for n in range(250, 499)),
    ]

    intake(handler, quarantine).take([delivery(events)])

    assert sorted(handler.applied) == sorted(f"e{n}" for n in range(499))
    assert [one["event_id"] for one in quarantine.kept] == ["poison"]
    assert quarantine.kept[0]["message"].startswith("KeyError"), (
        "and not what the error says: it may be personal"
    )
    assert "boom" not in quarantine.kept[0]["message"]


def test_what_a_handler_refuses_is_quarantined_with_its_words() -> None:
    handler, quarantine = Handler(b=Problem("conflict", "id", "another was first")), Quarantine()

    intake(handler, quarantine).take([delivery(contact("a")), delivery(contact("b"))])

    assert handler.applied == ["a"]
    assert quarantine.reasons == [("conflict", "id")]


def test_when_something_is_away_nothing_is_quarantined_and_the_batch_is_taken_again() -> None:
    handler, quarantine = Handler(b=Transient("the database is away")), Quarantine()

    with pytest.raises(Transient):
        intake(handler, quarantine).take([delivery([contact("a"), contact("b")])])

    assert quarantine.kept == []


def test_when_something_goes_away_while_poison_is_looked_for_nothing_is_blamed() -> None:
    handler, quarantine = Handler(a=ValueError("poison"), b=ConnectionResetError()), Quarantine()

    with pytest.raises(ConnectionResetError):
        intake(handler, quarantine).take([delivery([contact("a"), contact("b")])])

    assert quarantine.kept == []


def test_a_routing_key_that_is_not_the_type_is_refused_because_others_miss_the_event() -> None:
    handler, quarantine = Handler(), Quarantine()

    intake(handler, quarantine).take([delivery(contact("a"), key="feedback.given.v1")])

    assert (handler.applied, quarantine.reasons) == ([], [("wrong_routing_key", "type")])


def test_handlers_get_no_more_at_a_time_than_they_asked_for() -> None:
    sizes: list[int] = []
    handler = Handler()

    def watched(events: list[Event]) -> list[Reject]:
        sizes.append(len(events))
        return handler(events)

    Intake("test", "queue", watched, Quarantine(), size=10).take(  # type: ignore[arg-type]
        [delivery([contact(f"{k}-{n}") for n in range(9)]) for k in range(3)]
    )

    assert sizes == [10, 10, 7]


@pytest.mark.parametrize("nonsense", [1, None, "x", [], {"type": []}])
def test_what_is_no_event_at_all_breaks_nothing_even_where_nobody_checks(nonsense: Any) -> None:
    handler, quarantine = Handler(), Quarantine()

    intake(handler, quarantine, checked=False).take([delivery([nonsense])])

    assert quarantine.reasons == [("processing_failed", "")]


def test_text_that_is_not_utf_8_around_a_message_is_kept_as_well_as_can_be() -> None:
    quarantine = Quarantine()
    strange = Delivery(
        b"{", "text/caf\udce9", "purchase.\ud800", 1, {"x-\udcff": "\udcff", "n": 7, "t": {"a": [1]}}
    )

    intake(Handler(), quarantine).take([strange])

    [entry] = quarantine.kept
    assert entry["content_type"] == "text/caf\\udce9"
    assert entry["headers"] == {"x-\\udcff": "\\udcff", "n": "7", "t": "{'a': [1]}"}


def test_the_original_bytes_of_a_single_event_are_kept_as_they_were_sent() -> None:
    quarantine = Quarantine()
    body = json.dumps({**contact("a"), "time": "noon"}, indent=3).encode()

    intake(Handler(), quarantine).take([delivery(body)])

    assert base64.b64decode(quarantine.kept[0]["body_base64"]) == body


def test_the_quarantine_does_not_feed_on_its_own_failures() -> None:
    handler, quarantine = Handler(a=ValueError("no room")), Quarantine()

    with pytest.raises(Transient):
        intake(handler, quarantine, last_resort=True).take([delivery(contact("a"))])

    assert quarantine.kept == []


def test_a_database_that_does_not_let_us_in_is_no_fault_of_an_event() -> None:
    handler, quarantine = Handler(a=OperationFailure("auth failed", 18)), Quarantine()

    with pytest.raises(OperationFailure):
        intake(handler, quarantine).take([delivery([contact("a"), contact("b")])])

    assert quarantine.kept == []


def test_the_publisher_of_a_recorded_event_finds_it_by_its_own_names() -> None:
    recorded = make_event(
        "interaction.recorded.v1",
        source="/wafa/interactions",
        id="ours",
        time=datetime(2026, 1, 1, tzinfo=UTC),
        data={"source": "/till/1", "type": "purchase.completed.v1"},
        causation="theirs",
    )
    quarantine = Quarantine()
    refused = Rejected(delivery(recorded), Problem("no_exchange_rate", "", ""), recorded)

    quarantine.send([*rejection_messages("loyalty", [refused], datetime(2026, 1, 1, tzinfo=UTC))])

    [entry] = quarantine.kept
    assert [entry[name] for name in ("event_id", "event_source", "event_type")] == [
        "theirs",
        "/till/1",
        "purchase.completed.v1",
    ]


def test_what_cannot_even_be_quoted_is_kept_by_its_bytes() -> None:
    """An event of a batch that is nested so deep that it can be read but not written."""
    deep: Any = []
    for _ in range(20_000):
        deep = [deep]
    quarantine = Quarantine()
    refused = Rejected(
        Delivery(b"[deep]", BATCH, CONTACT, 1), Problem("invalid", "", ""), {"id": "a", "data": deep}
    )

    quarantine.send([*rejection_messages("test", [refused], datetime(2026, 1, 1, tzinfo=UTC))])

    assert base64.b64decode(quarantine.kept[0]["body_base64"]) == b"[deep]"
