"""The broker as a bystander sees it: everything that is published and refused, and what is left in queues."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Self

import amqp

from wafa.contracts.envelope import BATCH, EXCHANGE, STRUCTURED, Event, decode, encode, encode_batch
from wafa.runtime.broker import connect
from wafa.runtime.publisher import Message, Publisher
from wafa.runtime.topology import DEAD, QUEUES, REFUSED, declare_all

WAITING = tuple(name for name in QUEUES if name.startswith("wafa.retry-"))


def message_of(*events: Event) -> Message:
    """Return one message: the event, or several in batch mode."""
    key = events[0]["type"]
    if len(events) == 1:
        return Message(EXCHANGE, key, encode(events[0]), STRUCTURED)
    return Message(EXCHANGE, key, encode_batch(events), BATCH)


class Bus:
    """Hears all that is said on a virtual host from the moment it is made. A context manager."""

    def __init__(self, uri: str) -> None:
        self._uri = uri

    def __enter__(self) -> Self:
        self._connection = connect(self._uri, name="test bus", heartbeat=0)
        self._channel = self._connection.channel()
        declare_all(self._channel)
        self._tap = self._channel.queue_declare("", exclusive=True).queue
        self._channel.queue_bind(self._tap, EXCHANGE, "#")
        self._channel.queue_bind(self._tap, REFUSED, "")
        self._channel.queue_bind(self._tap, DEAD, "")
        self._publisher = Publisher(self._uri, name="test publisher")
        return self

    def __exit__(self, *_: object) -> None:
        self._publisher.close()
        self._connection.close()

    def send(self, messages: Sequence[Message]) -> None:
        """Send messages, and wait until the broker has them."""
        self._publisher.send(messages)

    def take(self, queue: str) -> amqp.Message | None:
        """Take a message off a queue, as if it had been handled."""
        return self._channel.basic_get(queue, no_ack=True)

    def hand_back(self, queue: str) -> bool:
        """Take the first message and give it back, as a consumer does that cannot answer for it."""
        message = self._channel.basic_get(queue)
        if message:
            self._channel.basic_reject(message.delivery_tag, requeue=True)
        return bool(message)

    def heard(self) -> list[Event]:
        """Return the events said since the last time, in order."""
        said: list[Event] = []
        while message := self._channel.basic_get(self._tap, no_ack=True):
            said += decode(message.body, message.properties.get("content_type"), max_bytes=1 << 25)
        return said

    def depth(self, *queues: str) -> int:
        """Return how many messages wait in queues, without those that somebody has in hand."""
        return sum(self._channel.queue_declare(queue, passive=True).message_count for queue in queues)

    @contextmanager
    def full(self, key: str) -> Iterator[str]:
        """A queue for what is published under `key` that takes nothing before it is emptied."""
        narrow = {"x-max-length": 1, "x-overflow": "reject-publish"}
        queue = self._channel.queue_declare("", exclusive=True, arguments=narrow).queue
        self._channel.basic_publish(amqp.Message(b"in the way"), routing_key=queue)
        self._channel.queue_bind(queue, EXCHANGE, key)
        yield str(queue)
        self._channel.queue_delete(queue)

    def forget(self, queues: Iterable[str] = (*QUEUES,)) -> None:
        """Empty all queues."""
        for queue in queues:
            if self.depth(queue):
                self._channel.queue_purge(queue)
        self._channel.queue_purge(self._tap)
