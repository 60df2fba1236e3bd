"""The service as a process: events come in through the broker, calls are answered, news go out."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import amqp
import pytest

from tests.conftest import Isolated
from wafa.contracts.envelope import EXCHANGE, Event, decode, make_event
from wafa.runtime.broker import connect
from wafa.runtime.publisher import Publisher
from wafa.runtime.topology import QUARANTINE
from wafa.stack import Stack

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PATIENCE = 60


@pytest.fixture(scope="module")
def service(isolated: Isolated) -> Iterator[Stack]:
    with isolated("customers") as stack:
        yield stack


@pytest.fixture
def channel(service: Stack) -> Iterator[amqp.Channel]:
    with connect(service.amqp_uri, name="test") as connection:
        yield connection.channel()


@pytest.fixture
def heard(channel: amqp.Channel) -> Callable[[], list[Event]]:
    """Listen from now on to what the service publishes; returns the events of the next message."""
    queue, *_ = channel.queue_declare(exclusive=True)
    for kind in ("customer.created.v1", "customer.updated.v1"):
        channel.queue_bind(queue, EXCHANGE, kind)
    return lambda: events_in(wait_for(channel, queue))


def events_in(message: amqp.Message) -> list[Event]:
    return decode(message.body, message.properties["content_type"])


@pytest.fixture
def call(channel: amqp.Channel, unique: str) -> Callable[..., Any]:
    """Call a method of the service. By hand, because nameko's client would patch this whole process."""
    channel.queue_declare(unique, exclusive=True)
    channel.queue_bind(unique, "nameko-rpc", unique)

    def calling(method: str, *args: Any, **kwargs: Any) -> Any:
        body = json.dumps({"args": args, "kwargs": kwargs})
        properties = {"content_type": "application/json", "reply_to": unique, "correlation_id": unique}
        channel.basic_publish(amqp.Message(body, **properties), "nameko-rpc", f"customers.{method}")
        reply = json.loads(wait_for(channel, unique).body)
        assert reply["error"] is None
        return reply["result"]

    return calling


def wait_for(channel: amqp.Channel, queue: str) -> amqp.Message:
    deadline = time.monotonic() + PATIENCE
    while (message := channel.basic_get(queue, no_ack=True)) is None:
        assert time.monotonic() < deadline, f"nothing came to {queue}"
    return message


def publish(stack: Stack, type: str, unique: str, data: dict) -> None:
    publisher = Publisher(stack.amqp_uri, name="test")
    publisher.publish([make_event(type, source="/test", id=unique, time=NOW, data=data)])
    publisher.close()


def test_a_registration_is_taken_in_and_known_to_whoever_asks(service, heard, call, unique):
    customer = {"external_ids": [{"system": "crm", "id": unique}], "phone": "0501234567", "country": "SA"}
    publish(service, "customer.registered.v1", unique, {"customer": customer})
    (created,) = heard()
    customer_id = created["data"]["customer_id"]

    references = [{"customer": {"phone": "+966501234567", "name": "ليلى"}, "time": "2026-03-02T10:00:00Z"}]
    assert call("resolve", references) == [{"customer_id": customer_id}]
    # Whoever changes a customer before the creator has taken note that all is out announces them once more.
    while (updated := heard()[0]) == created:
        pass
    assert (updated["type"], updated["data"]["name"]) == ("customer.updated.v1", "ليلى")
    assert call("get", customer_id) == updated["data"]
    assert call("lookup", system="crm", id=unique) == updated["data"]


def test_what_cannot_be_taken_in_goes_to_quarantine_and_the_rest_is_not_held_up(
    service, heard, channel, unique
):
    publish(service, "customer.registered.v1", f"{unique} bad", {"customer": {"phone": "12345"}})
    publish(service, "customer.registered.v1", unique, {"customer": {"email": f"{unique}@example.com"}})
    heard()
    (rejected,) = events_in(wait_for(channel, QUARANTINE))
    assert rejected["data"]["reason"] == "invalid_identifier"
    assert rejected["data"]["path"] == "data.customer.phone"
