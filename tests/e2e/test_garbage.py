"""One event in ten is garbage: every good one counts, every bad one is in quarantine to be put right."""

import json
from dataclasses import dataclass
from typing import Any

import amqp
import pytest

from tests.waiting import eventually
from wafa.contracts.envelope import BATCH, EXCHANGE, STRUCTURED
from wafa.runtime.broker import connect
from wafa.runtime.client import Client
from wafa.runtime.publisher import Message, Publisher
from wafa.stack import Stack

PURCHASE = "purchase.completed.v1"
ROUNDS = 10

Json = dict[str, Any]


def purchase(id: str, **data: Any) -> Json:
    about = {
        "customer": {"email": f"{id}@example.com"},
        "purchase_id": id,
        "total": {"amount": "10.00", "currency": "SAR"},
        **data,
    }
    event = {
        "specversion": "1.0",
        "id": id,
        "source": "/garbage",
        "type": PURCHASE,
        "time": "2026-05-01T10:00:00+03:00",
    }
    return {**event, "data": {name: value for name, value in about.items() if value is not None}}


def message(event: Any, key: str = PURCHASE) -> Message:
    return Message(
        EXCHANGE, key, json.dumps(event).encode(), BATCH if isinstance(event, list) else STRUCTURED
    )


def bad(n: int) -> dict[tuple[str, str], Message]:
    """One round of garbage, by the reason and the field that quarantine must name."""
    ok = f"bad{n}"
    raw = json.dumps(purchase(ok), ensure_ascii=False)
    return {
        ("unreadable", ""): Message(EXCHANGE, PURCHASE, raw[:-9].encode(), STRUCTURED),
        ("unreadable", " "): Message(
            EXCHANGE, PURCHASE, raw.replace("bad", "bäd").encode("latin-1"), STRUCTURED
        ),
        ("unreadable", "  "): Message(EXCHANGE, PURCHASE, raw.encode(), "text/csv"),
        ("too_large", ""): Message(EXCHANGE, PURCHASE, f"{n}".encode() + b"x" * 2_000_000, STRUCTURED),
        ("invalid", "data.total.amount"): message(purchase(ok, total={"amount": 10.5, "currency": "SAR"})),
        ("invalid", "data.total.amount "): message(
            purchase(ok, total={"amount": "10.555", "currency": "SAR"})
        ),
        ("invalid", "data.total.currency"): message(
            purchase(ok, total={"amount": "10.00", "currency": "ZZZ"})
        ),
        ("invalid", "data.total"): message(purchase(ok, total=None)),
        ("invalid", "data.customer"): message(purchase(ok, customer=None)),
        ("invalid", "time"): message({**purchase(ok), "time": "2026-02-30T10:00:00Z"}),
        ("time_in_future", "time"): message({**purchase(ok), "time": "2999-01-01T00:00:00Z"}),
        ("unknown_type", "type"): message(
            {**purchase(ok), "type": "purchase.complete.v1"}, "purchase.complete.v1"
        ),
        ("wrong_routing_key", "type"): message(purchase(f"{ok}-key"), "contact.logged.v1"),
        ("invalid_identifier", "data.customer.phone"): message(
            purchase(f"{ok}-phone", customer={"phone": "12345", "country": "SA"})
        ),
        ("conflict", "id"): message(purchase(f"good{n}-0", total={"amount": "99.00", "currency": "SAR"})),
    }


@dataclass(frozen=True)
class Outcome:
    """The number of good events in the mixture, and Wafa's figures when everything had arrived."""

    good: int
    totals: list[Json]
    spent: int
    rejected: list[tuple[str, str]]


@pytest.fixture(scope="module")
def mixed(system: Stack, services: Client, publisher: Publisher) -> Outcome:
    """Good and bad, mixed, and sent."""
    messages: list[Message] = []
    good = 0
    for n in range(ROUNDS):
        garbage = list(bad(n).values())
        for k in range(9 * len(garbage)):
            messages.append(message(purchase(f"good{n}-{k}")))
            good += 1
            if k % 9 == 8:
                messages.append(garbage.pop())
        # One of a batch is bad: its neighbours count.
        messages.append(
            message([purchase(f"batch{n}-1"), purchase(f"batch{n}-2", total=7), purchase(f"batch{n}-3")])
        )
        good += 2
    publisher.send(messages)
    eventually(
        lambda: spent(services) >= good and len(rejected(services)) >= len(expected_rejections()), within=60
    )
    return Outcome(good, services.call("interactions", "totals"), spent(services), rejected(services))


def expected_rejections() -> list[tuple[str, str]]:
    garbage = [(reason, path.strip()) for n in range(ROUNDS) for reason, path in bad(n)]
    return sorted(garbage + [("invalid", "data.total")] * ROUNDS)


def rejected(services: Client) -> list[tuple[str, str]]:
    entries = services.call("interactions", "rejected", "open", None, 1000)["rejected"]
    return sorted((entry["reason"], entry["path"]) for entry in entries)


def spent(services: Client) -> int:
    return int(services.call("loyalty", "summary")["purchases"])


def test_every_good_event_counts_once(mixed: Outcome) -> None:
    [stored] = mixed.totals
    assert (stored["records"], stored["minor"]) == (mixed.good, mixed.good * 1000)
    assert mixed.spent == mixed.good


def test_every_bad_event_is_in_quarantine_with_reason_and_field(mixed: Outcome) -> None:
    assert mixed.rejected == expected_rejections()


def test_a_corrected_event_is_replayed_and_counts(
    mixed: Outcome, services: Client, publisher: Publisher
) -> None:
    publisher.send([message(purchase("to-correct", total={"amount": "5.00", "currency": "ZZZ"}))])

    def waiting() -> list[Json]:
        entries = services.call("interactions", "rejected", "open", "invalid", 1000)["rejected"]
        return [entry for entry in entries if entry.get("event_id") == "to-correct"]

    [entry] = eventually(waiting)
    before = spent(services)
    shown = services.call("interactions", "rejected_entry", entry["id"])
    corrected = json.loads(shown["body"])
    corrected["data"]["total"]["currency"] = "SAR"

    assert "replayed" in services.call("interactions", "replay", entry["id"], corrected)
    assert "replayed" in services.call("interactions", "replay", entry["id"], corrected)

    eventually(lambda: spent(services) > before)
    assert waiting() == []
    assert spent(services) == before + 1


def test_a_currency_without_a_rate_waits_for_one(
    mixed: Outcome, services: Client, publisher: Publisher
) -> None:
    publisher.send([message(purchase("no-rate", total={"amount": "5.00", "currency": "CHF"}))])

    entries = eventually(
        lambda: services.call("interactions", "rejected", "open", "no_exchange_rate")["rejected"]
    )

    assert [(entry["service"], entry["path"]) for entry in entries] == [
        ("loyalty", "data.data.total.currency")
    ]


def test_garbage_of_the_internal_language_stops_no_service(
    system: Stack, mixed: Outcome, services: Client
) -> None:
    """Whoever may publish can send nonsense under an outbound type, too."""
    with connect(system.amqp_uri, name="attacker") as connection:
        channel = connection.channel()
        for key in ("interaction.recorded.v1", "loyalty.member_updated.v1", "customer.created.v1"):
            for body in (
                b"[]",
                b"{}",
                b"\xff",
                b"[1]",
                b"[null]",
                b'["x"]',
                b'[{"type": []}]',
                b'[{"specversion": "1.0", "type": "' + key.encode() + b'"}]',
            ):
                channel.basic_publish_confirm(
                    amqp.Message(body, content_type=BATCH), exchange=EXCHANGE, routing_key=key
                )
        for service in ("customers", "interactions", "loyalty", "notifications"):
            for request in (
                amqp.Message(b"{", content_type="application/json", reply_to="x"),
                amqp.Message(b"{}", content_type="application/json"),
                amqp.Message(b"x", content_type="application/x-python-serialize", reply_to="x"),
                amqp.Message(b"[]"),
                amqp.Message(b'{"args": 7, "kwargs": []}', content_type="application/json", reply_to="x"),
                amqp.Message(
                    b'{"args": ["x"], "kwargs": {}}',
                    content_type="application/json",
                    reply_to="x",
                    application_headers={"nameko.call_id_stack": 5, "nameko.traceparent": {"00": 1}},
                ),
            ):
                channel.basic_publish_confirm(request, exchange="nameko-rpc", routing_key=f"{service}.get")
    before = spent(services)
    with connect(system.amqp_uri, name="till") as connection:
        good = message(purchase("after-the-attack"))
        connection.channel().basic_publish_confirm(
            amqp.Message(good.body, content_type=good.content_type),
            exchange=EXCHANGE,
            routing_key=good.routing_key,
        )
    eventually(lambda: spent(services) == before + 1)
