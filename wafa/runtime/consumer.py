"""The batch engine: reads one queue in batches and acknowledges last.

It knows deliveries and connections, no events and no framework, so that it can outlive the framework that
hosts it. A batch is acknowledged with a single `multiple` ack after `take` has returned: whatever kills the
process before that means redelivery, and every step that `take` does is safe to repeat. Heartbeats go on
meanwhile, however long it takes; what else has arrived waits at the broker.
"""

import itertools
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import amqp
import structlog

from wafa.runtime import metrics
from wafa.runtime.age import age, waiting_since
from wafa.runtime.errors import Misconfigured
from wafa.runtime.heartbeat import kept_alive
from wafa.runtime.transient import TRANSIENT

log = structlog.get_logger(__name__)

# A batch closes early at this size: some hundred events, however they are packed. A longer one would outlast
# what the broker grants (`consumer_timeout`) where everything is slow: it would come back, and never end.
BATCH_BYTES = 512 * 1024
FIRST_DELAY, LONGEST_DELAY = 0.2, 5.0
IDLE = 0.5
#: How often a message may come back without an answer before it is taken alone.
COINCIDENCES = 3
#: Seconds that the broker gets to answer when we close the connection.
PARTING = 3


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message as the broker delivered it.

    `returned` is how often it came back without an answer. `since` is when it began to wait, in seconds since
    1970: when it was published, if that was by us, otherwise when it was fetched.
    """

    body: bytes
    content_type: str | None
    routing_key: str
    tag: int
    headers: dict[str, Any] = field(default_factory=dict)
    exchange: str = ""
    returned: int = 0
    since: float = 0

    @property
    def suspicious(self) -> bool:
        """Tell whether it may be this message that ends the processes which take it.

        Whatever a process has fetched comes back when it ends or loses its connection, and that is a lot. A
        few times in a row is a rolling upgrade; more often than that is a pattern.
        """
        return self.returned > COINCIDENCES


class BatchConsumer:
    """Consumes `queue`, gives `take` batches of at most `size` deliveries, and acks when it returns.

    A batch closes when it is full or `linger` seconds after its first delivery, and is all suspicious or not
    at all. `take` also gets the number of the try, from 1. It may raise one of `TRANSIENT` (the batch is kept
    and tried again with growing delays, while the connection is kept alive); anything else that it raises
    ends `run` with that error, as does a queue that cannot be consumed (`Misconfigured`). `declare` is called
    on each new channel. `prefetch` is how many messages may be unacknowledged (default: two batches).
    """

    def __init__(
        self,
        connect: Callable[[], amqp.Connection],
        queue: str,
        take: Callable[[Sequence[Delivery], int], None],
        *,
        declare: Callable[[amqp.Channel], None] = lambda channel: None,
        size: int = 500,
        linger: float = 0.02,
        prefetch: int | None = None,
    ) -> None:
        self.queue = queue
        self.connected = False
        self._connect = connect
        self._take = take
        self._declare = declare
        self._size = size
        self._linger = linger
        # The next batch arrives while this one is being worked on.
        self._prefetch = prefetch or 2 * size
        self._stopping = False
        self._arrived: deque[Delivery] = deque()
        self._arrived_bytes = 0
        self._in_hand: Sequence[Delivery] = ()
        metrics.OLDEST.labels(queue).set_function(self._oldest_age)

    def stop(self) -> None:
        """Ask `run` to return after the batch in hand; what was only prefetched goes back to the queue."""
        self._stopping = True

    def run(self) -> None:
        """Consume until `stop`, reconnecting with growing delays whenever the connection is lost."""
        delay = FIRST_DELAY
        try:
            while not self._stopping:
                try:
                    self._consume(self._open())
                except TRANSIENT as error:
                    delay = FIRST_DELAY if self.connected else min(delay * 2, LONGEST_DELAY)
                    self._set_connected(False)
                    log.warning(
                        "connection lost, trying again", queue=self.queue, error=str(error), delay=delay
                    )
                    self._pause(delay)
        finally:
            self._arrived.clear()
            self._set_connected(False)

    def _oldest_age(self) -> float:
        # A queue gives out what it has had for longest: unless another process has it, this is the oldest.
        unfinished = (*self._in_hand, *self._arrived)
        return _oldest_of(unfinished) if unfinished else 0.0

    def _open(self) -> amqp.Connection:
        try:
            connection = self._connect()
        except (amqp.exceptions.NotAllowed, amqp.exceptions.AccessRefused) as error:
            raise Misconfigured(f"the broker does not let us in: {error}") from error
        self._arrived.clear()
        self._arrived_bytes = 0
        try:
            self._channel = self._subscribe(connection)
        except BaseException:
            connection.collect()
            raise
        self._set_connected(True)
        log.info("consuming", queue=self.queue)
        return connection

    def _subscribe(self, connection: amqp.Connection) -> amqp.Channel:
        try:
            channel = connection.channel()
            # py-amqp would decode a body by its content encoding; we want the bytes that were sent.
            channel.auto_decode = False
            self._declare(channel)
            channel.basic_qos(0, self._prefetch, False)
            channel.basic_consume(self.queue, callback=self._on_message)
        except (amqp.exceptions.PreconditionFailed, amqp.exceptions.AccessRefused) as error:
            # Trying again cannot help: the queue has another type, or our user lacks a permission.
            raise Misconfigured(f"cannot consume {self.queue}: {error}") from error
        return channel

    def _consume(self, connection: amqp.Connection) -> None:
        try:
            while not self._stopping:
                batch = self._next_batch(connection)
                if batch:
                    self._work(connection, batch)
            # The last ack has arrived when the broker answers; one that is silent is not waited for.
            connection.transport.sock.settimeout(PARTING)
            connection.close()
        except BaseException:
            connection.collect()
            raise

    def _next_batch(self, connection: amqp.Connection) -> list[Delivery]:
        """Return the next batch; empty when nothing arrived for a moment, so that `stop` is noticed."""
        if not self._arrived and not self._drain(connection, IDLE):
            connection.heartbeat_tick()
            return []
        closes_at = time.monotonic() + self._linger
        while len(self._arrived) < self._size and self._arrived_bytes < BATCH_BYTES:
            left = closes_at - time.monotonic()
            if left <= 0 or not self._drain(connection, left):
                break
        return self._cut()

    def _cut(self) -> list[Delivery]:
        batch: list[Delivery] = []
        size = 0
        suspicious = self._arrived[0].suspicious
        while self._arrived and len(batch) < self._size and size < BATCH_BYTES:
            if self._arrived[0].suspicious != suspicious:
                break
            batch.append(self._arrived.popleft())
            size += len(batch[-1].body)
        self._arrived_bytes -= size
        return batch

    def _work(self, connection: amqp.Connection, batch: list[Delivery]) -> None:
        self._in_hand = batch
        try:
            self._finish(connection, batch)
        finally:
            self._in_hand = ()

    def _finish(self, connection: amqp.Connection, batch: list[Delivery]) -> None:
        delay = FIRST_DELAY
        metrics.LAG_SECONDS.labels(self.queue).observe(_oldest_of(batch))
        with metrics.BATCH_SECONDS.labels(self.queue).time():
            for tries in itertools.count(1):
                try:
                    with kept_alive(connection):
                        self._take(batch, tries)
                    break
                except TRANSIENT as error:
                    if self._stopping:
                        raise
                    metrics.RETRIES.labels(self.queue).inc()
                    log.warning("batch kept, trying again", queue=self.queue, error=str(error), delay=delay)
                    self._pause(delay, connection)
                    delay = min(delay * 2, LONGEST_DELAY)
            self._channel.basic_ack(batch[-1].tag, multiple=True)

    def _pause(self, seconds: float, connection: amqp.Connection | None = None) -> None:
        """Wait; with a connection, answer its frames and heartbeats meanwhile."""
        until = time.monotonic() + seconds
        while not self._stopping and (left := until - time.monotonic()) > 0:
            if connection is None:
                time.sleep(min(left, IDLE))
            elif self._arrived_bytes < BATCH_BYTES:
                self._drain(connection, min(left, IDLE))
                connection.heartbeat_tick()
            else:
                # What is not read from the socket waits at the broker, not in our memory.
                time.sleep(min(left, IDLE))
                connection.send_heartbeat()

    def _drain(self, connection: amqp.Connection, timeout: float) -> bool:
        try:
            connection.drain_events(timeout=timeout)
        except TimeoutError:
            return False
        return True

    def _on_message(self, message: amqp.Message) -> None:
        info = message.delivery_info
        properties = message.properties
        headers = properties.get("application_headers") or {}
        since = waiting_since(headers)
        self._arrived_bytes += len(message.body or b"")
        self._arrived.append(
            Delivery(
                body=bytes(message.body or b""),
                content_type=properties.get("content_type"),
                routing_key=info["routing_key"],
                tag=info["delivery_tag"],
                headers=headers,
                exchange=info["exchange"],
                # Of a message that is new, this header is not the broker's word but the publisher's.
                returned=headers.get("x-delivery-count", 1) if info["redelivered"] else 0,
                since=since,
            )
        )

    def _set_connected(self, connected: bool) -> None:
        self.connected = connected
        metrics.CONNECTED.labels(self.queue).set(connected)


def _oldest_of(deliveries: Sequence[Delivery]) -> float:
    return age(min(one.since for one in deliveries))
