"""Sending purchases as tills and shops do."""

import time
from collections.abc import Callable, Iterator, Sequence

import amqp

from wafa.contracts.envelope import BATCH, EXCHANGE, STRUCTURED, Event, encode, encode_batch
from wafa.runtime.publisher import PERSISTENT, Message, Publisher

BETWEEN_CONFIRMS = 1000

Pack = Callable[[Sequence[Event]], Iterator[Message]]


def singly(events: Sequence[Event]) -> Iterator[Message]:
    """Yield a message for each event, in structured mode: a till that sends what it has just rung up."""
    for event in events:
        yield Message(EXCHANGE, event["type"], encode(event), STRUCTURED)


def by_the_hundred(events: Sequence[Event]) -> Iterator[Message]:
    """Yield a message for every hundred events, in batch mode: a shop that sends its last minute at once."""
    for start in range(0, len(events), 100):
        hundred = events[start : start + 100]
        yield Message(EXCHANGE, hundred[0]["type"], encode_batch(hundred), BATCH)


def send(uri: str, events: Sequence[Event], pack: Pack) -> int:
    """Publish the events, every message confirmed; return the number of messages."""
    messages = list(pack(events))
    publisher = Publisher(uri, name="benchmark feed")
    try:
        for start in range(0, len(messages), BETWEEN_CONFIRMS):
            publisher.send(messages[start : start + BETWEEN_CONFIRMS])
    finally:
        publisher.close()
    return len(messages)


def send_steadily(
    connection: amqp.Connection,
    events: Sequence[Event],
    rate: float,
    sent: Callable[[], object] = lambda: None,
) -> list[float]:
    """Publish single events, so many a second, without waiting for confirms; `sent` is called after each.

    Return when each was due, by `time.monotonic`, whether or not we were late to send it.
    """
    channel = connection.channel()
    begin = time.monotonic() + 0.1
    due = [begin + number / rate for number in range(len(events))]
    for at, message in zip(due, singly(events), strict=True):
        time.sleep(max(0.0, at - time.monotonic()))
        body = amqp.Message(message.body, content_type=message.content_type, delivery_mode=PERSISTENT)
        channel.basic_publish(body, exchange=message.exchange, routing_key=message.routing_key)
        sent()
    return due
