"""Another attempt by way of the real broker: through a delay queue and back, and nothing waits behind it."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import amqp
import pytest

from tests.waiting import eventually
from wafa.contracts.envelope import EXCHANGE, STRUCTURED, Event, encode, make_event
from wafa.contracts.times import parse_time
from wafa.runtime.broker import connect
from wafa.runtime.consumer import COINCIDENCES, BatchConsumer, Delivery
from wafa.runtime.intake import Intake
from wafa.runtime.policy import RetryLater, Verdict
from wafa.runtime.publisher import Message, Publisher
from wafa.runtime.retrying import arrival
from wafa.runtime.topology import QUARANTINE, QUEUES, RETRY, declare_all, delay_exchange, suspects_queue

QUEUE = "wafa.interactions"


@pytest.fixture
def channel(vhost_uri: str) -> Iterator[amqp.Channel]:
    with connect(vhost_uri, name="test") as connection:
        channel = connection.channel()
        declare_all(channel)
        yield channel


@pytest.fixture
def publisher(vhost_uri: str) -> Iterator[Publisher]:
    publisher = Publisher(vhost_uri, name="test")
    yield publisher
    publisher.close()


def contact(id: str) -> Event:
    return make_event(
        "contact.logged.v1",
        source="/t",
        id=id,
        time=parse_time("2026-01-01T00:00:00Z"),
        data={
            "customer": {"email": "a@example.com"},
            "kind": "call",
            "direction": "inbound",
            "purpose": "other",
        },
    )


@contextmanager
def consuming(uri: str, queue: str, take: Callable, **options: int) -> Iterator[None]:
    consumer = BatchConsumer(partial(connect, uri, name="test"), queue, take, **options)
    thread = threading.Thread(target=consumer.run)
    thread.start()
    try:
        yield
    finally:
        consumer.stop()
        thread.join(60)
        assert not thread.is_alive()


def test_an_event_waits_in_a_delay_queue_while_those_behind_it_pass(
    vhost_uri: str, channel: amqp.Channel, publisher: Publisher
) -> None:
    seen: list[str] = []

    def handle(events: list[Event]) -> list[Verdict]:
        seen.extend(event["id"] for event in events)
        return [
            RetryLater(one, "not yet") for one in events if one["id"] == "early" and seen.count("early") < 2
        ]

    intake = Intake("test", QUEUE, handle, publisher)
    publisher.publish([contact("early")])
    with consuming(vhost_uri, QUEUE, intake.take):
        eventually(lambda: seen == ["early"])
        publisher.publish([contact("late")])
        eventually(lambda: seen == ["early", "late"])
        eventually(lambda: seen == ["early", "late", "early"])

    assert all(channel.queue_declare(name, passive=True).message_count == 0 for name in QUEUES)


def test_what_a_publisher_writes_into_the_headers_keeps_no_event_from_coming_again(
    vhost_uri: str, channel: amqp.Channel, publisher: Publisher
) -> None:
    """The broker itself obeys some headers, and refuses a message where they are not of the right form."""
    headers = {"CC": ["elsewhere"], "BCC": ["elsewhere"], "x-death": "never", "till": "7"}
    event = contact("copied")
    channel.basic_publish(
        amqp.Message(encode(event), content_type=STRUCTURED, application_headers=headers),
        exchange=EXCHANGE,
        routing_key=event["type"],
    )
    came: list[tuple[str, dict]] = []

    def take(deliveries: Sequence[Delivery], tries: int) -> None:
        came.extend((one.exchange, arrival(one).delivery.headers) for one in deliveries)
        intake.take(deliveries, tries)

    intake = Intake("test", QUEUE, lambda events: [RetryLater(one, "not yet") for one in events], publisher)
    with consuming(vhost_uri, QUEUE, take):
        eventually(lambda: (RETRY, {"till": "7"}) in came)
    assert [exchange for exchange, _ in came] == [EXCHANGE, RETRY]


def test_what_processes_keep_leaving_in_hand_goes_to_the_suspects(
    vhost_uri: str, channel: amqp.Channel, publisher: Publisher
) -> None:
    publisher.publish([contact("a")])
    for _ in range(COINCIDENCES + 1):
        # As a process would that dies with the message in hand.
        with connect(vhost_uri, name="dying") as dying:
            held = dying.channel()
            eventually(lambda held=held: held.basic_get(QUEUE))

    seen: list[str] = []
    intake = Intake("test", QUEUE, lambda events: seen.extend(one["id"] for one in events) or [], publisher)
    suspects = suspects_queue(QUEUE)
    with consuming(vhost_uri, QUEUE, intake.take):
        eventually(lambda: channel.queue_declare(suspects, passive=True).message_count == 1)
    assert seen == []
    with consuming(vhost_uri, suspects, intake.take_suspects, size=1, prefetch=1):
        eventually(lambda: seen == ["a"])


def test_a_key_that_no_queue_has_does_not_block_a_delay_queue(
    vhost_uri: str, channel: amqp.Channel, publisher: Publisher
) -> None:
    """The broker would try for ever to hand such a message on, and what is behind it would wait."""
    publisher.send([Message(delay_exchange(5), "nothing", b"{}", STRUCTURED)] * 40)

    eventually(lambda: channel.queue_declare(QUARANTINE, passive=True).message_count == 40)
