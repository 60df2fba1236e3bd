"""A broker as bare as it gets: batches in, confirmed messages out."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import amqp

from wafa.contracts.envelope import BATCH, EXCHANGE, Event, decode, encode_batch
from wafa.runtime.broker import connect

# As Wafa's engine and publisher have them by default.
SIZE, LINGER, BATCH_BYTES, EVENTS_PER_MESSAGE = 500, 0.02, 512 * 1024, 200


def chunks(uri: str, queue: str) -> Iterator[list[Event]]:
    """Yield the events of a queue, at most 500 at a time; a batch of messages is acked when it is used up."""
    connection = connect(uri, name=f"floor {queue}")
    channel = connection.channel()
    channel.auto_decode = False
    channel.basic_qos(0, 2 * SIZE, False)
    arrived: list[amqp.Message] = []
    channel.basic_consume(queue, callback=arrived.append)
    while True:
        _gather(connection, arrived)
        batch = _cut(arrived)
        events = [event for one in batch for event in decode(one.body, one.properties["content_type"])]
        for start in range(0, len(events), SIZE):
            yield events[start : start + SIZE]
        channel.basic_ack(batch[-1].delivery_tag, multiple=True)


def _gather(connection: amqp.Connection, arrived: list[amqp.Message]) -> None:
    while not arrived:
        connection.drain_events()
    closes_at = time.monotonic() + LINGER
    while len(arrived) < SIZE and (left := closes_at - time.monotonic()) > 0:
        try:
            connection.drain_events(timeout=left)
        except TimeoutError:
            return


def _cut(arrived: list[amqp.Message]) -> list[amqp.Message]:
    size = number = 0
    while number < min(SIZE, len(arrived)) and size < BATCH_BYTES:
        size += len(arrived[number].body)
        number += 1
    batch = arrived[:number]
    del arrived[:number]
    return batch


class Outlet:
    """Publishes events by the batch and waits for every confirm."""

    def __init__(self, uri: str) -> None:
        self._connection = connect(uri, name="floor outlet", heartbeat=0)
        self._channel = self._connection.channel()
        self._channel.confirm_select()
        self._channel.events["basic_ack"].add(self._on_ack)
        self._sent = 0
        self._open: set[int] = set()

    def publish(self, events: Sequence[Event]) -> None:
        """Pack events by type, send them, return when all are confirmed."""
        by_type: dict[str, list[Event]] = defaultdict(list)
        for event in events:
            by_type[event["type"]].append(event)
        for kind, same in by_type.items():
            for start in range(0, len(same), EVENTS_PER_MESSAGE):
                body = encode_batch(same[start : start + EVENTS_PER_MESSAGE])
                message = amqp.Message(body, content_type=BATCH, delivery_mode=2)
                self._channel.basic_publish(message, exchange=EXCHANGE, routing_key=kind, mandatory=True)
                self._sent += 1
                self._open.add(self._sent)
        while self._open:
            self._connection.drain_events()

    def _on_ack(self, tag: int, multiple: bool) -> None:
        self._open -= {one for one in self._open if one <= tag} if multiple else {tag}


class Call:
    """Asks another process through two plain queues."""

    def __init__(self, uri: str, queue: str) -> None:
        self._queue = queue
        self._connection = connect(uri, name="floor call", heartbeat=0)
        self._channel = self._connection.channel()
        self._channel.auto_decode = False
        self._replies = self._channel.queue_declare("", exclusive=True).queue
        self._answers: list[amqp.Message] = []
        self._channel.basic_consume(self._replies, no_ack=True, callback=self._answers.append)

    def __call__(self, question: Sequence[Any]) -> list[Any]:
        """Return the answer to a question."""
        message = amqp.Message(encode_batch(question), content_type=BATCH, reply_to=self._replies)
        self._channel.basic_publish(message, exchange="", routing_key=self._queue)
        while not self._answers:
            self._connection.drain_events()
        return decode(self._answers.pop().body, BATCH)


def answer(uri: str, queue: str, reply: Callable[[list[Any]], list[Any]]) -> None:
    """Answer what is asked through a queue, for ever."""
    connection = connect(uri, name=f"floor {queue}", heartbeat=0)
    channel = connection.channel()
    channel.auto_decode = False
    channel.queue_declare(queue, auto_delete=False)

    def on_message(message: amqp.Message) -> None:
        answered = amqp.Message(encode_batch(reply(decode(message.body, BATCH))), content_type=BATCH)
        channel.basic_publish(answered, exchange="", routing_key=message.properties["reply_to"])
        channel.basic_ack(message.delivery_tag)

    channel.basic_consume(queue, callback=on_message)
    while True:
        connection.drain_events()
