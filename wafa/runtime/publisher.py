"""Publishing with certainty: `publish` returns once the broker has confirmed every message.

The channel is in confirm mode and we track delivery tags ourselves, because py-amqp's own
`basic_publish_confirm` waits after each message, and takes any ack for its own.
"""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import amqp

from wafa.contracts.envelope import BATCH, EXCHANGE, STRUCTURED, Event, encode
from wafa.runtime import metrics
from wafa.runtime.age import stamp
from wafa.runtime.broker import connect
from wafa.runtime.errors import PublishFailed, QueueFull, Unroutable

PERSISTENT = 2
EVENTS_PER_MESSAGE = 200
BYTES_PER_MESSAGE = 512 * 1024

#: How services see a publisher: it returns when the broker has confirmed everything.
Publish = Callable[[Sequence[Event]], None]


@dataclass(frozen=True, slots=True)
class Message:
    """One AMQP message, ready to send."""

    exchange: str
    routing_key: str
    body: bytes
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Publisher:
    """Publishes events over a connection of its own, reopened when it breaks. Safe to share among threads."""

    def __init__(self, uri: str, *, name: str, confirm_timeout: float = 30) -> None:
        self._uri = uri
        self._name = name
        self._confirm_timeout = confirm_timeout
        self._lock = threading.Lock()
        self._channel: _ConfirmingChannel | None = None

    def publish(self, events: Sequence[Event]) -> None:
        """Publish events to `crm.events`, packed by type into batch-mode messages, and wait for all confirms.

        Raises:
            PublishFailed: not all were confirmed (lost connection, timeout). Some may have arrived.
            QueueFull: it is one; the broker refused some, and all others have arrived.
            Unroutable: no queue took a message.
        """
        if not events:
            return
        self.send([*pack(events)])
        for kind, number in Counter(event["type"] for event in events).items():
            metrics.PUBLISHED.labels(kind).inc(number)

    def send(self, messages: Sequence[Message]) -> None:
        """Send messages and wait for all confirms; raises as `publish` does."""
        with self._lock, metrics.CONFIRM_SECONDS.time():
            # A connection that idled may have died unnoticed. Sending everything once more over a new one
            # is harmless: consumers know each event by its identity.
            reused = self._channel is not None
            try:
                self._send(messages)
            except QueueFull:
                raise  # again at once it would be as full, and what was taken would be there twice
            except PublishFailed:
                if not reused:
                    raise
                self._send(messages)

    def close(self) -> None:
        """Close the connection, if there is one."""
        with self._lock:
            self._drop()

    def _send(self, messages: Sequence[Message]) -> None:
        try:
            if self._channel is None:
                self._channel = _ConfirmingChannel(connect(self._uri, name=self._name, heartbeat=0))
            self._channel.send(messages, self._confirm_timeout)
        except QueueFull:
            # Or not full: for a channel that first reached for a quorum queue while its leader was down, it
            # stays out of reach, and the broker says so in the same way.
            self._drop()
            raise
        except (OSError, amqp.exceptions.AMQPError, PublishFailed) as error:
            self._drop()
            raise PublishFailed(f"not confirmed by the broker: {error}") from error

    def _drop(self) -> None:
        channel, self._channel = self._channel, None
        if channel is not None:
            channel.close()


def pack(events: Sequence[Event]) -> Iterator[Message]:
    """Yield messages that hold the events: per type and in order, up to 200 or half a MiB in one.

    Cut by bytes as well as by number: what is packed here must be small enough for whoever reads it.
    """
    return pack_encoded((event["type"], encode(event)) for event in events)


def pack_encoded(events: Iterable[tuple[str, bytes]]) -> Iterator[Message]:
    """Yield messages as `pack` does, of events that are encoded already, each with its type."""
    by_type: dict[str, list[bytes]] = defaultdict(list)
    for kind, one in events:
        by_type[kind].append(one)
    for kind, encoded in by_type.items():
        for part in _cut(encoded):
            if len(part) == 1:
                yield Message(EXCHANGE, kind, part[0], STRUCTURED)
            else:
                yield Message(EXCHANGE, kind, b"[" + b",".join(part) + b"]", BATCH)


def _cut(encoded: Sequence[bytes]) -> Iterator[list[bytes]]:
    part: list[bytes] = []
    size = 0
    for one in encoded:
        if part and (len(part) == EVENTS_PER_MESSAGE or size + len(one) > BYTES_PER_MESSAGE):
            yield part
            part, size = [], 0
        part.append(one)
        size += len(one) + 1
    if part:
        yield part


class _ConfirmingChannel:
    """A channel in confirm mode that knows which of its messages are still unconfirmed."""

    def __init__(self, connection: amqp.Connection) -> None:
        self._connection = connection
        self._channel = connection.channel()
        self._channel.confirm_select()
        self._channel.events["basic_ack"].add(self._on_ack)
        self._channel.events["basic_nack"].add(self._on_nack)
        self._channel.events["basic_return"].add(self._on_return)
        self._next_tag = 1
        self._unconfirmed: set[int] = set()
        self._refused = 0
        self._returned: list[str] = []

    def send(self, messages: Sequence[Message], timeout: float) -> None:
        self._refused = 0
        self._returned.clear()
        published_at = stamp()
        for message in messages:
            self._unconfirmed.add(self._next_tag)
            self._next_tag += 1
            self._channel.basic_publish(
                amqp.Message(
                    message.body,
                    content_type=message.content_type,
                    delivery_mode=PERSISTENT,
                    application_headers={**message.headers, **published_at},
                ),
                exchange=message.exchange,
                routing_key=message.routing_key,
                mandatory=True,
            )
        self._wait(time.monotonic() + timeout)

    def close(self) -> None:
        self._connection.collect()

    def _wait(self, deadline: float) -> None:
        while self._unconfirmed:
            left = deadline - time.monotonic()
            if left <= 0:
                raise PublishFailed(f"{len(self._unconfirmed)} messages unconfirmed in time")
            self._connection.drain_events(timeout=left)
        if self._refused:
            raise QueueFull(f"the broker refused {self._refused} messages: a queue is full")
        if self._returned:
            raise Unroutable(f"no queue takes {', '.join(sorted(set(self._returned)))}")

    def _on_ack(self, tag: int, multiple: bool) -> None:
        self._settle(tag, multiple)

    def _on_nack(self, tag: int, multiple: bool) -> None:
        self._refused += self._settle(tag, multiple)

    def _settle(self, tag: int, multiple: bool) -> int:
        settled = (
            {mine for mine in self._unconfirmed if mine <= tag} if multiple else {tag} & self._unconfirmed
        )
        self._unconfirmed -= settled
        return len(settled)

    def _on_return(self, error: Exception, exchange: str, routing_key: str, message: amqp.Message) -> None:
        self._returned.append(routing_key)
