"""Publishing: `publish` returns when every message is confirmed, and never pretends."""

from collections.abc import Iterator
from datetime import UTC, datetime

import amqp
import pytest

from wafa.contracts.envelope import BATCH, EXCHANGE, MAX_MESSAGE_BYTES, STRUCTURED, decode, make_event
from wafa.runtime.broker import connect
from wafa.runtime.errors import PublishFailed, Unroutable
from wafa.runtime.publisher import EVENTS_PER_MESSAGE, Message, Publisher, pack
from wafa.runtime.topology import QUEUES, UNROUTED, declare_all

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def channel(vhost_uri: str) -> Iterator[amqp.Channel]:
    with connect(vhost_uri, name="test") as connection:
        channel = connection.channel()
        declare_all(channel)
        yield channel


@pytest.fixture
def publisher(vhost_uri: str) -> Iterator[Publisher]:
    publisher = Publisher(vhost_uri, name="test publisher")
    yield publisher
    publisher.close()


def events(count: int, type: str = "purchase.completed.v1") -> list[dict]:
    return [make_event(type, source="/test", id=f"e{n}", time=NOON, data={"n": n}) for n in range(count)]


def read_all(channel: amqp.Channel, queue: str) -> list[amqp.Message]:
    found = []
    while message := channel.basic_get(queue, no_ack=True):
        found.append(message)
    return found


def test_every_event_is_in_the_queue_when_publish_returns(
    channel: amqp.Channel, publisher: Publisher
) -> None:
    publisher.publish(events(2 * EVENTS_PER_MESSAGE + 1))

    messages = read_all(channel, "wafa.interactions")
    arrived = [event for one in messages for event in decode(one.body, one.content_type)]
    assert [event["data"]["n"] for event in arrived] == list(range(2 * EVENTS_PER_MESSAGE + 1))
    assert {one.properties["delivery_mode"] for one in messages} == {2}


def test_one_event_goes_in_structured_mode_and_several_in_batch_mode(
    channel: amqp.Channel, publisher: Publisher
) -> None:
    publisher.publish([*events(1, "contact.logged.v1"), *events(3)])

    assert [one.content_type for one in read_all(channel, "wafa.interactions")] == [STRUCTURED, BATCH]


def test_large_events_are_packed_into_messages_that_a_reader_takes() -> None:
    large = [{**event, "data": {"text": "x" * 60_000}} for event in events(40)]

    messages = list(pack(large))

    assert max(len(one.body) for one in messages) <= MAX_MESSAGE_BYTES
    assert [event for one in messages for event in decode(one.body, one.content_type)] == large
    assert len(messages) < 10


def test_a_type_that_nobody_listens_to_is_not_lost(channel: amqp.Channel, publisher: Publisher) -> None:
    publisher.publish(events(1, "purchase_completed"))

    assert len(read_all(channel, "wafa.interactions")) == 1


def test_a_message_that_reaches_no_queue_is_an_error_not_silence(
    channel: amqp.Channel, publisher: Publisher
) -> None:
    channel.queue_unbind("wafa.interactions", UNROUTED, "")

    with pytest.raises(Unroutable, match=r"nobody\.listens"):
        publisher.publish(events(1, "nobody.listens.v1"))
    # The channel is still good for the next one.
    publisher.publish(events(1))


def test_a_connection_that_died_while_idle_is_opened_anew(
    channel: amqp.Channel, publisher: Publisher
) -> None:
    publisher.publish(events(1))
    publisher._channel._connection._transport.sock.close()

    publisher.publish(events(1))

    assert len(read_all(channel, "wafa.interactions")) == 2


def test_a_missing_exchange_is_an_error(vhost_uri: str) -> None:
    publisher = Publisher(vhost_uri, name="test publisher")

    with pytest.raises(PublishFailed):
        publisher.publish(events(1))


def test_a_queue_that_refuses_makes_publishing_fail(channel: amqp.Channel, publisher: Publisher) -> None:
    full = {"x-max-length": 1, "x-overflow": "reject-publish"}
    channel.queue_declare("full", durable=True, auto_delete=False, arguments=full)
    channel.queue_bind("full", EXCHANGE, "outreach.sent.v1")
    message = Message(EXCHANGE, "outreach.sent.v1", b"{}", STRUCTURED)
    publisher.send([message])

    with pytest.raises(PublishFailed, match="refused"):
        publisher.send([message] * 3)


def test_declaring_the_topology_twice_is_harmless(channel: amqp.Channel) -> None:
    declare_all(channel)

    for name in QUEUES:
        assert channel.queue_declare(name, passive=True).message_count == 0
