"""Between deliveries and handlers: what is bad goes to quarantine, and is never in the way of the rest."""

import base64
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pymongo.errors import OperationFailure

from wafa.contracts.envelope import BATCH, STRUCTURED, Event, make_event
from wafa.contracts.errors import Problem
from wafa.runtime.consumer import Delivery
from wafa.runtime.errors import Transient
from wafa.runtime.intake import Intake
from wafa.runtime.policy import DELAYS, Reject, RetryLater, Verdict
from wafa.runtime.publisher import Message
from wafa.runtime.quarantine import Rejected, rejection_messages
from wafa.runtime.retrying import arrival
from wafa.runtime.topology import DEAD, REFUSED, RETRY, delay_exchange

CONTACT = "contact.logged.v1"


class Broker:
    """Stands in for the publisher: keeps what goes to quarantine, and what is to come again."""

    def __init__(self) -> None:
        self.kept: list[dict[str, Any]] = []
        self.put_off: list[tuple[int, Delivery]] = []
        self.suspects: list[Delivery] = []

    def send(self, messages: Sequence[Message]) -> None:
        for one in messages:
            if one.exchange == REFUSED:
                self.kept.append(json.loads(one.body)["data"])
                continue
            # As the broker will deliver it: not by the exchange that it waited behind.
            back = Delivery(one.body, one.content_type, one.routing_key, 1, dict(one.headers), RETRY)
            if one.exchange == RETRY:
                self.suspects.append(back)
            else:
                self.put_off.append((SECONDS[one.exchange], back))

    @property
    def reasons(self) -> list[tuple[str, str]]:
        return [(one["reason"], one["path"]) for one in self.kept]

    def due(self) -> list[Delivery]:
        """Take what was put off, as if its time had come."""
        due, self.put_off = self.put_off, []
        return [delivery for _, delivery in due]


SECONDS = {delay_exchange(seconds): seconds for seconds in DELAYS}


class Handler:
    """Applies events, and does with some of them what the test says."""

    def __init__(self, **trouble: Any) -> None:
        self.trouble = trouble
        self.applied: list[str] = []

    def __call__(self, events: list[Event]) -> list[Verdict]:
        refusals: list[Verdict] = []
        for event in events:
            trouble = self.trouble.get(event["id"])
            if isinstance(trouble, Exception):
                raise trouble
            if isinstance(trouble, Problem):
                refusals.append(Reject(event, trouble))
            if isinstance(trouble, str):
                refusals.append(RetryLater(event, trouble))
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


def intake(handler: Handler, quarantine: Broker, **options: Any) -> Intake:
    return Intake("test", "queue", handler, quarantine, **options)  # type: ignore[arg-type]


def test_one_bad_event_of_a_batch_does_not_affect_the_others() -> None:
    handler, quarantine = Handler(), Broker()

    intake(handler, quarantine).take(
        [delivery([contact("a"), {**contact("b"), "time": "noon"}, contact("c")])]
    )

    assert handler.applied == ["a", "c"]
    assert quarantine.reasons == [("invalid", "time")]


def test_a_broken_message_does_not_affect_other_messages() -> None:
    handler, quarantine = Handler(), Broker()

    intake(handler, quarantine).take([delivery(b"{"), delivery(contact("a"))])

    assert handler.applied == ["a"]
    assert quarantine.reasons == [("unreadable", "")]


def test_the_event_that_breaks_a_handler_is_found_and_its_neighbours_are_applied() -> None:
    handler, quarantine = Handler(poison=KeyError("boom")), Broker()
    events = [
        *(contact(f"e{n}") for n in range(250)),
        contact("poison"),
        *(contact(f"e{n}") for n in range(250, 499)),
    ]

    intake(handler, quarantine).take([delivery(events)])

    assert sorted(handler.applied) == sorted(f"e{n}" for n in range(499))
    assert [json.loads(one.body)["id"] for one in quarantine.due()] == ["poison"]


def test_what_stays_broken_is_tried_at_once_then_with_growing_delays_then_quarantined_with_its_history() -> (
    None
):
    handler, broker = Handler(poison=KeyError("boom")), Broker()
    line, waited = intake(handler, broker), []

    line.take([delivery([contact("poison"), contact("a")])])
    while broker.put_off:
        waited += [seconds for seconds, _ in broker.put_off]
        line.take(broker.due())

    assert waited == [5, 30, 120]
    [entry] = broker.kept
    assert (entry["reason"], entry["event_id"], entry["routing_key"]) == (
        "processing_failed",
        "poison",
        CONTACT,
    )
    assert len(entry["attempts"]) == 5
    assert entry["message"].startswith("KeyError"), "and not what the error says: it may be personal"
    assert "boom" not in json.dumps(entry["attempts"]) + entry["message"]


def test_an_event_that_comes_right_in_the_meantime_is_applied_once() -> None:
    handler, broker = Handler(a=KeyError("not yet")), Broker()
    line = intake(handler, broker)

    line.take([delivery(contact("a"))])
    handler.trouble.clear()
    line.take(broker.due())

    assert (handler.applied, broker.kept, broker.put_off) == (["a"], [], [])


def test_a_handler_may_ask_for_one_event_of_a_batch_to_come_later() -> None:
    handler, broker = Handler(b="a missing piece"), Broker()
    line = intake(handler, broker)

    line.take([delivery([contact("a"), contact("b"), contact("c")])])

    assert handler.applied == ["a", "c"]
    assert [seconds for seconds, _ in broker.put_off] == [5], "and not at once: it says later"
    while broker.put_off:
        line.take(broker.due())
    assert [attempt["error"] for attempt in broker.kept[0]["attempts"]] == ["a missing piece"] * 4


def test_what_comes_again_keeps_its_bytes_its_headers_and_its_routing_key() -> None:
    handler, broker = Handler(a=KeyError()), Broker()
    body = json.dumps(contact("a"), indent=3).encode()

    intake(handler, broker).take([Delivery(body, STRUCTURED, CONTACT, 1, {"till": "7"})])

    [again] = broker.due()
    assert again.body == body
    first = arrival(again).delivery
    assert (first.routing_key, first.headers) == (CONTACT, {"till": "7"})


def test_nobody_outside_can_write_an_events_history() -> None:
    """Or choose the routing key that it is judged by."""
    handler, broker = Handler(), Broker()
    forged = {"wafa-routing-key": CONTACT, "wafa-attempts": '[{"at": "", "error": ""}]'}

    intake(handler, broker).take(
        [
            Delivery(
                json.dumps(contact("a")).encode(), STRUCTURED, "feedback.given.v1", 1, forged, "crm.events"
            )
        ]
    )

    assert (handler.applied, broker.reasons) == ([], [("wrong_routing_key", "type")])
    assert broker.kept[0]["attempts"] == []


def test_what_keeps_coming_back_is_taken_alone_and_does_not_hold_up_the_rest() -> None:
    handler, broker = Handler(), Broker()
    line = intake(handler, broker)

    line.take([replace(delivery(contact("a")), returned=4), replace(delivery(contact("b")), returned=5)])

    assert handler.applied == []
    for suspect in broker.suspects:
        line.take_suspects([suspect])
    assert handler.applied == ["a", "b"]


def test_a_suspected_batch_is_innocent_until_it_ends_a_process() -> None:
    """Event by event, the hundreds that it may hold took minutes after an outage."""
    handler, batches = Handler(), []

    def handle(events: list[Event]) -> list[Verdict]:
        batches.append(len(events))
        return handler(events)

    intake(handle, Broker()).take_suspects([delivery([contact(name) for name in "abc"])])

    assert (handler.applied, batches) == (["a", "b", "c"], [3])


def test_a_suspected_batch_is_taken_apart_when_it_ends_the_process_again() -> None:
    handler, broker = Handler(), Broker()
    suspect = replace(delivery([contact("a"), contact("b")]), exchange=RETRY)
    suspect = replace(suspect, headers={"wafa-routing-key": CONTACT})

    intake(handler, broker).take_suspects([replace(suspect, returned=1)])

    assert handler.applied == []
    assert [json.loads(one.body)["id"] for one in broker.suspects] == ["a", "b"]


def test_an_event_that_ends_the_process_again_and_again_is_quarantined_without_being_touched() -> None:
    handler, broker = Handler(a=SystemExit()), Broker()

    intake(handler, broker).take_suspects([replace(delivery(contact("a")), returned=4)])

    assert broker.reasons == [("killed_process", "")]


def test_a_suspect_is_not_in_hand_while_something_is_away() -> None:
    """It would be blamed for each connection that breaks meanwhile."""
    handler, broker = Handler(a=Transient("the database is away")), Broker()

    intake(handler, broker).take_suspects([replace(delivery(contact("a")), returned=1)])

    assert [seconds for seconds, _ in broker.put_off] == [5]


def test_an_event_for_which_alone_something_is_away_does_not_hold_up_the_others() -> None:
    handler, broker = Handler(b=Transient("no answer in time")), Broker()

    intake(handler, broker).take([delivery([contact(id) for id in "abcd"])], tries=6)

    assert handler.applied == ["a", "c", "d"]
    assert [seconds for seconds, _ in broker.put_off] == [5]


def test_in_an_outage_nothing_is_put_off_however_often_it_is_tried() -> None:
    handler, broker = Handler(**dict.fromkeys("abcd", Transient("the database is away"))), Broker()

    with pytest.raises(Transient):
        intake(handler, broker).take([delivery([contact(id) for id in "abcd"])], tries=50)

    assert (broker.put_off, broker.kept) == ([], [])


def test_what_fails_because_something_is_away_is_never_quarantined() -> None:
    handler, broker = Handler(a=Transient("no answer in time")), Broker()
    line = intake(handler, broker)

    line.take([delivery([contact("a")])], tries=6)
    for _ in range(30):
        line.take(broker.due(), tries=6)

    assert broker.kept == []
    [again] = broker.due()
    assert len(arrival(again).attempts) == 10, "and its history does not grow for ever"


def test_what_the_broker_gave_up_is_quarantined_with_its_bytes() -> None:
    broker = Broker()
    dead = replace(delivery(contact("a")), exchange=DEAD)

    intake(Handler(), broker, checked=False, last_resort=True).take([dead])

    assert broker.reasons == [("delivery_limit", "")]
    assert base64.b64decode(broker.kept[0]["body_base64"]) == dead.body


def test_what_a_handler_refuses_is_quarantined_with_its_words() -> None:
    handler, quarantine = Handler(b=Problem("conflict", "id", "another was first")), Broker()

    intake(handler, quarantine).take([delivery(contact("a")), delivery(contact("b"))])

    assert handler.applied == ["a"]
    assert quarantine.reasons == [("conflict", "id")]


def test_when_something_is_away_nothing_is_quarantined_and_the_batch_is_taken_again() -> None:
    handler, quarantine = Handler(b=Transient("the database is away")), Broker()

    with pytest.raises(Transient):
        intake(handler, quarantine).take([delivery([contact("a"), contact("b")])])

    assert quarantine.kept == []


def test_when_something_goes_away_while_poison_is_looked_for_nothing_is_blamed() -> None:
    handler, quarantine = Handler(a=ValueError("poison"), b=ConnectionResetError()), Broker()

    with pytest.raises(ConnectionResetError):
        intake(handler, quarantine).take([delivery([contact("a"), contact("b")])])

    assert quarantine.kept == []


def test_a_routing_key_that_is_not_the_type_is_refused_because_others_miss_the_event() -> None:
    handler, quarantine = Handler(), Broker()

    intake(handler, quarantine).take([delivery(contact("a"), key="feedback.given.v1")])

    assert (handler.applied, quarantine.reasons) == ([], [("wrong_routing_key", "type")])


def test_handlers_get_no_more_at_a_time_than_they_asked_for() -> None:
    sizes: list[int] = []
    handler = Handler()

    def watched(events: list[Event]) -> list[Verdict]:
        sizes.append(len(events))
        return handler(events)

    Intake("test", "queue", watched, Broker(), size=10).take(  # type: ignore[arg-type]
        [delivery([contact(f"{k}-{n}") for n in range(9)]) for k in range(3)]
    )

    assert sizes == [10, 10, 7]


@pytest.mark.parametrize("nonsense", [1, None, "x", [], {"type": []}])
def test_what_is_no_event_at_all_breaks_nothing_even_where_nobody_checks(nonsense: Any) -> None:
    handler, quarantine = Handler(), Broker()

    line = intake(handler, quarantine, checked=False)
    line.take([delivery([nonsense])])
    while quarantine.put_off:
        line.take(quarantine.due())

    assert quarantine.reasons == [("processing_failed", "")]


def test_text_that_is_not_utf_8_around_a_message_is_kept_as_well_as_can_be() -> None:
    quarantine = Broker()
    strange = Delivery(
        b"{", "text/caf\udce9", "purchase.\ud800", 1, {"x-\udcff": "\udcff", "n": 7, "t": {"a": [1]}}
    )

    intake(Handler(), quarantine).take([strange])

    [entry] = quarantine.kept
    assert entry["content_type"] == "text/caf\\udce9"
    assert entry["headers"] == {"x-\\udcff": "\\udcff", "n": "7", "t": "{'a': [1]}"}


def test_the_original_bytes_of_a_single_event_are_kept_as_they_were_sent() -> None:
    quarantine = Broker()
    body = json.dumps({**contact("a"), "time": "noon"}, indent=3).encode()

    intake(Handler(), quarantine).take([delivery(body)])

    assert base64.b64decode(quarantine.kept[0]["body_base64"]) == body


def test_the_quarantine_does_not_feed_on_its_own_failures() -> None:
    handler, quarantine = Handler(a=ValueError("no room")), Broker()

    with pytest.raises(Transient):
        intake(handler, quarantine, last_resort=True).take([delivery(contact("a"))])

    assert quarantine.kept == []


def test_a_database_that_does_not_let_us_in_is_no_fault_of_an_event() -> None:
    handler, quarantine = Handler(a=OperationFailure("auth failed", 18)), Broker()

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
    quarantine = Broker()
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
    quarantine = Broker()
    refused = Rejected(
        Delivery(b"[deep]", BATCH, CONTACT, 1), Problem("invalid", "", ""), {"id": "a", "data": deep}
    )

    quarantine.send([*rejection_messages("test", [refused], datetime(2026, 1, 1, tzinfo=UTC))])

    assert base64.b64decode(quarantine.kept[0]["body_base64"]) == b"[deep]"
