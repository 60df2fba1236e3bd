"""Between deliveries and handlers: what is bad goes to quarantine, and is never in the way of the rest."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from wafa.contracts.envelope import BATCH, STRUCTURED, Event
from wafa.contracts.errors import Problem
from wafa.runtime.consumer import Delivery
from wafa.runtime.errors import Transient
from wafa.runtime.intake import Intake
from wafa.runtime.publisher import Message
from wafa.runtime.refusal import Refusal

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

    def __call__(self, events: list[Event]) -> list[Refusal]:
        refusals = []
        for event in events:
            trouble = self.trouble.get(event["id"])
            if isinstance(trouble, Exception):
                raise trouble
            if isinstance(trouble, Problem):
                refusals.append(Refusal(event, trouble))
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
    return Delivery(body, BATCH if isinstance(content, list) else STRUCTURED, key, False, 1)


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
    assert "KeyError" in quarantine.kept[0]["message"]


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

    def watched(events: list[Event]) -> list[Refusal]:
        sizes.append(len(events))
        return handler(events)

    Intake("test", "queue", watched, Quarantine(), size=10).take(  # type: ignore[arg-type]
        [delivery([contact(f"{k}-{n}") for n in range(9)]) for k in range(3)]
    )

    assert sizes == [10, 10, 7]
