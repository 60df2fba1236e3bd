"""A person asks to be forgotten: nothing personal is left anywhere, and nothing late brings it back."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner
from pymongo import MongoClient

from services.gateway.domain.key import Key
from services.gateway.domain.subscription import Secret, Subscription
from services.gateway.store import GatewayStore
from tests.waiting import eventually
from wafa.cli import cli
from wafa.contracts.catalogue import OUTBOUND
from wafa.contracts.envelope import EXCHANGE, STRUCTURED
from wafa.contracts.times import format_time
from wafa.runtime.client import Client
from wafa.runtime.clock import now
from wafa.runtime.publisher import Message, Publisher
from wafa.stack import Stack

Json = dict[str, Any]

EMAIL, OTHER_EMAIL, PHONE = "sara.haddad@example.com", "sara@work.example", "+966501234567"
CARD, NAME = "LC-88-4711", "سارة حداد"
SECRETS = (
    EMAIL,
    OTHER_EMAIL,
    PHONE,
    "501234567",
    "050 123 4567",
    CARD,
    NAME,
    "allergic to nuts",
    "cold coffee",
)
LONG_AGO = "2026-05-01T10:00:00Z"
PERSON = {
    "email": EMAIL,
    "phone": "050 123 4567",
    "country": "SA",
    "name": NAME,
    "external_ids": [{"system": "card", "id": CARD}],
}


def event(
    id: str, type: str, data: Json, *, time: str = "2026-05-01T10:00:00Z", customer: Json = PERSON
) -> Json:
    about = {"specversion": "1.0", "id": id, "source": "/erasure", "type": type, "time": time}
    return {**about, "data": {"customer": customer, **data}}


def purchase(id: str, **more: Any) -> Json:
    data = {"purchase_id": id, "total": {"amount": "10.00", "currency": "SAR"}}
    return event(id, "purchase.completed.v1", data, **more)


def a_life() -> Iterator[Json]:
    """What Wafa may hear of somebody, in good order and not."""
    yield event("e-register", "customer.registered.v1", {})
    word = {"channel": "email", "purpose": "marketing", "status": "granted", "evidence": f"form by {NAME}"}
    yield event("e-consent", "consent.changed.v1", word)
    yield purchase("e-bought")
    yield purchase("e-again", time="2026-05-09T10:00:00Z")
    call = {
        "kind": "call",
        "direction": "inbound",
        "purpose": "service",
        "summary": "Sara is allergic to nuts",
    }
    yield event("e-call", "contact.logged.v1", call)
    complaint = {"complaint_id": "e-c1", "category": "quality", "severity": "high", "text": "cold coffee"}
    yield event("e-complaint", "complaint.opened.v1", complaint)
    yield purchase("e-bad", time="noon")
    yield {**purchase("e-bought"), "data": {**purchase("e-bought")["data"], "purchase_id": "another"}}
    yield purchase("e-work", customer={"email": OTHER_EMAIL, "name": NAME})


def send(publisher: Publisher, *events: Json) -> None:
    publisher.send([Message(EXCHANGE, one["type"], json.dumps(one).encode(), STRUCTURED) for one in events])


def texts(stored: Any) -> Iterator[str]:
    """Every text in what a database holds: values, names of fields, and bytes that may be read."""
    if isinstance(stored, dict):
        for name, value in stored.items():
            yield name
            yield from texts(value)
    elif isinstance(stored, list):
        for value in stored:
            yield from texts(value)
    elif isinstance(stored, bytes):
        yield stored.decode("utf-8", "replace")
    else:
        yield str(stored)


@pytest.fixture(scope="module")
def databases(system: Stack, prefix: str) -> Iterator[Any]:
    """Everything that this module's services have stored, as text."""
    with MongoClient(system.mongodb_uri) as client:

        def text() -> str:
            names = [name for name in client.list_database_names() if name.startswith(prefix)]
            collections = [
                client[name][one] for name in names for one in client[name].list_collection_names()
            ]
            return "\n".join(text for one in collections for text in texts(list(one.find())))

        yield text


@pytest.fixture(scope="module")
def wafa(system: Stack) -> Any:
    def run(*arguments: str) -> Json:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AMQP_URI", system.amqp_uri)
            result = CliRunner().invoke(cli, [*arguments, "--json"], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        answer: Json = json.loads(result.stdout)
        return answer

    return run


def customer_of(services: Client, email: str) -> str | None:
    found = services.call("customers", "lookup", email=email)
    return found["customer_id"] if found else None


def rejected(services: Client, status: str = "open") -> list[Json]:
    found: list[Json] = services.call("interactions", "rejected", status, None, 100)["rejected"]
    return found


@pytest.fixture(scope="module")
def subscriber(system: Stack, prefix: str) -> Iterator[GatewayStore]:
    """Somebody who wants to hear of everything, and whose server is never there."""
    with MongoClient(system.mongodb_uri, tz_aware=True) as client:
        store = GatewayStore(client[f"{prefix}gateway"])
        secrets = (Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),)
        nowhere = "https://localhost/"
        store.add_key(Key("somebody", "test", "", frozenset(), 1, now()))
        store.add_webhook(
            Subscription("wh", nowhere, ("*",), frozenset(OUTBOUND), secrets, now(), "somebody")
        )
        yield store


@pytest.fixture(scope="module")
def person(system: Stack, services: Client, publisher: Publisher, wafa: Any, subscriber: GatewayStore) -> str:
    """Somebody with a life in Wafa, known under two ids that were found to be one person."""
    send(publisher, *a_life())
    one = eventually(lambda: customer_of(services, EMAIL))
    other = eventually(lambda: customer_of(services, OTHER_EMAIL))
    eventually(lambda: len(services.call("interactions", "timeline", one)["interactions"]) == 4)
    eventually(lambda: len(rejected(services)) == 2)
    wafa("customers", "merge", other, one)
    eventually(lambda: services.call("loyalty", "member", one)["purchase_count"] == 3)
    eventually(lambda: {"interaction.recorded.v1", "customer.updated.v1"} <= kept_for(subscriber))
    return one


def kept_for(subscriber: GatewayStore) -> set[str]:
    return {one["type"] for one in subscriber.deliveries("wh", None, None, 1000)}


@pytest.fixture(scope="module")
def before(person: str, databases: Any) -> str:
    text: str = databases()
    return text


@pytest.fixture(scope="module")
def erased(before: str, person: str, wafa: Any) -> str:
    wafa("customers", "erase", person, "--yes")
    return person


def test_before_it_is_all_there(before: str) -> None:
    """Otherwise the tests below would prove nothing."""
    assert [secret for secret in (EMAIL, PHONE, CARD, NAME, "cold coffee") if secret not in before] == []


def test_nothing_personal_is_left_in_any_database(erased: str, databases: Any) -> None:
    left = databases()

    assert [secret for secret in SECRETS if secret in left] == []


def test_subscribers_still_hear_of_the_erasure(erased: str, subscriber: GatewayStore) -> None:
    eventually(lambda: "customer.erased.v1" in kept_for(subscriber))


def test_nothing_personal_was_ever_written_to_a_log(erased: str, system: Stack) -> None:
    for log in system.log_folder.glob("*.log"):
        text = log.read_text("utf-8", "replace")
        assert [secret for secret in SECRETS if secret in text] == [], log.name


def test_a_late_event_does_not_bring_the_person_back(
    erased: str, services: Client, publisher: Publisher, databases: Any
) -> None:
    quarantined = len(rejected(services))
    late = [
        purchase("e-late-1"),
        purchase("e-late-2", customer={"email": EMAIL}),
        purchase("e-late-3", customer={"id": erased}),
        event("e-late-4", "customer.profile_changed.v1", {}),
        purchase("e-bought"),
    ]

    send(publisher, *late)

    refused = eventually(lambda: found if len(found := rejected(services)) == quarantined + 4 else None)
    assert [one["reason"] for one in refused].count("customer_erased") == 4
    assert customer_of(services, EMAIL) is None
    left = databases()
    assert [secret for secret in SECRETS if secret in left] == [], "nor in the quarantine"


def test_who_comes_back_later_is_a_new_customer(services: Client, publisher: Publisher, wafa: Any) -> None:
    known_by: Json = {"email": "back@example.com"}
    send(publisher, purchase("e-gone", customer=known_by))
    gone = eventually(lambda: customer_of(services, "back@example.com"))
    wafa("customers", "erase", gone, "--yes")

    send(publisher, purchase("e-back", customer=known_by, time=format_time(now())))

    someone = eventually(lambda: customer_of(services, "back@example.com"))
    assert someone != gone
    eventually(lambda: (services.call("loyalty", "member", someone) or {}).get("purchase_count") == 1)
