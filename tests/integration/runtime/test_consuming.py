"""The batch engine on a real broker: batches, the ack that comes last, and what happens when things break."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import amqp
import amqp.serialization
import pytest

from tests.waiting import eventually
from wafa.runtime.broker import connect
from wafa.runtime.consumer import BatchConsumer, Delivery
from wafa.runtime.errors import Misconfigured, Transient

PATIENCE = 60
#: Seconds; the broker closes a connection that is silent for two of them at most.
HEARTBEAT = 1


class Taken:
    """Collects what the engine hands over, and waits for it."""

    def __init__(self) -> None:
        self.batches: list[list[bytes]] = []
        self._changed = threading.Condition()

    def __call__(self, deliveries: Sequence[Delivery], tries: int = 1) -> None:
        with self._changed:
            self.batches.append([one.body for one in deliveries])
            self._changed.notify_all()

    @property
    def bodies(self) -> list[bytes]:
        return [body for batch in self.batches for body in batch]

    def wait_for(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, PATIENCE)


@pytest.fixture
def channel(amqp_uri: str) -> Iterator[amqp.Channel]:
    with connect(amqp_uri, name="test") as connection:
        yield connection.channel()


@pytest.fixture
def queue(channel: amqp.Channel, unique: str) -> Iterator[str]:
    channel.queue_declare(unique, durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"})
    yield unique
    channel.queue_delete(unique)


@pytest.fixture
def fill(channel: amqp.Channel, queue: str) -> Callable[[int], None]:
    def fill(count: int) -> None:
        for n in range(count):
            channel.basic_publish_confirm(amqp.Message(str(n), delivery_mode=2), routing_key=queue)

    return fill


@contextmanager
def running(consumer: BatchConsumer) -> Iterator[None]:
    thread = threading.Thread(target=consumer.run)
    thread.start()
    try:
        yield
    finally:
        consumer.stop()
        thread.join(PATIENCE)
        assert not thread.is_alive(), "the engine did not stop"


def make_consumer(uri: str, queue: str, take: Callable, **options: object) -> BatchConsumer:
    return BatchConsumer(partial(connect, uri, name="test consumer"), queue, take, **options)


def left_in(channel: amqp.Channel, queue: str) -> int:
    return channel.queue_declare(queue, passive=True).message_count


def test_what_is_there_comes_in_full_batches_and_in_order(amqp_uri: str, queue: str, fill: Callable) -> None:
    fill(25)
    taken = Taken()
    with running(make_consumer(amqp_uri, queue, taken, size=10, linger=1)):
        taken.wait_for(lambda: len(taken.bodies) == 25)

    assert [len(batch) for batch in taken.batches] == [10, 10, 5]
    assert taken.bodies == [str(n).encode() for n in range(25)]


def test_a_batch_is_not_held_back_for_want_of_more(amqp_uri: str, queue: str, fill: Callable) -> None:
    fill(1)
    taken = Taken()
    with running(make_consumer(amqp_uri, queue, taken, size=500, linger=0.01)):
        taken.wait_for(lambda: taken.batches == [[b"0"]])


def test_nothing_is_acknowledged_before_the_batch_is_done(
    amqp_uri: str, queue: str, fill: Callable, channel: amqp.Channel
) -> None:
    fill(3)
    entered, crash = threading.Event(), threading.Event()

    def take(deliveries: Sequence[Delivery], tries: int) -> None:
        entered.set()
        crash.wait(PATIENCE)
        raise RuntimeError("the worker dies here")

    consumer = make_consumer(amqp_uri, queue, take)
    died = threading.Event()

    def run() -> None:
        with pytest.raises(RuntimeError):
            consumer.run()
        died.set()

    threading.Thread(target=run).start()
    assert entered.wait(PATIENCE)
    crash.set()
    assert died.wait(PATIENCE)

    taken = Taken()
    with running(make_consumer(amqp_uri, queue, taken)):
        taken.wait_for(lambda: len(taken.bodies) == 3)


def test_what_is_done_does_not_come_again(
    amqp_uri: str, queue: str, fill: Callable, channel: amqp.Channel
) -> None:
    fill(5)
    taken = Taken()
    with running(make_consumer(amqp_uri, queue, taken)):
        taken.wait_for(lambda: len(taken.bodies) == 5)

    eventually(lambda: left_in(channel, queue) == 0)


def test_a_batch_is_kept_and_tried_again_while_something_is_away(
    amqp_uri: str, queue: str, fill: Callable
) -> None:
    fill(4)
    taken = Taken()
    failures = iter([Transient("the database is away"), ConnectionResetError()])

    def take(deliveries: Sequence[Delivery], tries: int) -> None:
        if error := next(failures, None):
            raise error
        taken(deliveries)

    with running(make_consumer(amqp_uri, queue, take)):
        taken.wait_for(lambda: len(taken.bodies) == 4)

    assert len(taken.batches) == 1


def test_stopping_returns_what_was_only_prefetched(
    amqp_uri: str, queue: str, fill: Callable, channel: amqp.Channel
) -> None:
    fill(10)
    taken = Taken()
    consumer = make_consumer(amqp_uri, queue, lambda batch, tries: (taken(batch), consumer.stop()), size=2)
    with running(consumer):
        taken.wait_for(lambda: len(taken.bodies) >= 1)

    # The broker puts them back when it has noticed that the connection is closed.
    eventually(lambda: left_in(channel, queue) == 10 - len(taken.bodies))


def test_a_lost_connection_is_opened_again_and_nothing_is_missing(
    amqp_uri: str, queue: str, fill: Callable
) -> None:
    taken = Taken()
    connections: list[amqp.Connection] = []

    def connect_and_keep() -> amqp.Connection:
        connections.append(connect(amqp_uri, name="test consumer"))
        return connections[-1]

    fill(1)
    with running(BatchConsumer(connect_and_keep, queue, taken)):
        taken.wait_for(lambda: len(taken.bodies) == 1)
        connections[0]._transport.sock.shutdown(2)
        fill(1)
        taken.wait_for(lambda: len(taken.bodies) >= 2)

    assert len(connections) >= 2


def test_a_queue_of_another_type_stops_the_consumer_with_words(
    amqp_uri: str, channel: amqp.Channel, unique: str
) -> None:
    channel.queue_declare(unique, durable=True, auto_delete=False)
    quorum = {"x-queue-type": "quorum"}
    consumer = make_consumer(
        amqp_uri,
        unique,
        Taken(),
        declare=lambda ch: ch.queue_declare(unique, durable=True, auto_delete=False, arguments=quorum),
    )

    with pytest.raises(Misconfigured, match=unique):
        consumer.run()
    channel.queue_delete(unique)


def test_properties_that_are_not_utf_8_do_not_end_the_consumer(
    amqp_uri: str, queue: str, channel: amqp.Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a till in Latin-1 would send them."""
    with monkeypatch.context() as latin:
        latin.setattr(amqp.serialization, "pstr_t", lambda raw: raw)
        message = amqp.Message(b"0", delivery_mode=2)
        message.properties["content_type"] = "text/café".encode("latin-1")
        latin.setattr(
            amqp.serialization.GenericContent, "_serialize_properties", lambda content: serialized(content)
        )
        channel.basic_publish_confirm(message, routing_key=queue)
    taken = Taken()
    with running(make_consumer(amqp_uri, queue, taken)):
        taken.wait_for(lambda: taken.bodies == [b"0"])


def serialized(content: amqp.Message) -> bytes:
    """Content type (flag 15) and delivery mode (flag 12), as the protocol writes them."""
    name = content.properties["content_type"]
    return (1 << 15 | 1 << 12).to_bytes(2, "big") + bytes([len(name)]) + name + bytes([2])


@pytest.mark.parametrize("moment", [1760000000000, 2**62, 2**64 - 1])
def test_a_timestamp_beyond_the_calendar_does_not_end_the_consumer(
    moment: int, amqp_uri: str, queue: str, channel: amqp.Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Milliseconds are an easy mistake; the year would be 57742. Python has three errors for such moments."""
    taken: list[Delivery] = []
    with monkeypatch.context() as wrong:
        headers = b"\x01tT" + moment.to_bytes(8, "big")
        properties = (
            (1 << 15 | 1 << 13).to_bytes(2, "big")
            + b"\x08text/csv"
            + len(headers).to_bytes(4, "big")
            + headers
        )
        wrong.setattr(amqp.serialization.GenericContent, "_serialize_properties", lambda content: properties)
        channel.basic_publish_confirm(amqp.Message(b"0"), routing_key=queue)
    seen = Taken()
    with running(make_consumer(amqp_uri, queue, lambda batch, tries: (taken.extend(batch), seen(batch)))):
        seen.wait_for(lambda: seen.bodies == [b"0"])

    assert taken[0].content_type == "text/csv"


def test_a_batch_may_outlast_what_the_broker_grants_a_silent_connection(
    amqp_uri: str, queue: str, fill: Callable
) -> None:
    """Otherwise it is delivered again while it is in hand: where everything is slow, it would never end."""
    fill(2)
    taken = Taken()

    def take(deliveries: Sequence[Delivery], tries: int) -> None:
        taken(deliveries)
        if taken.bodies == [b"0"]:
            outlast_a_silent_connection(amqp_uri)
            # The first may have been looked at earlier than ours is.
            outlast_a_silent_connection(amqp_uri)

    with running(make_beating_consumer(amqp_uri, queue, take)):
        taken.wait_for(lambda: len(taken.batches) >= 2)

    assert taken.batches == [[b"0"], [b"1"]]


def make_beating_consumer(uri: str, queue: str, take: Callable) -> BatchConsumer:
    beating = partial(connect, uri, name="test consumer", heartbeat=HEARTBEAT)
    return BatchConsumer(beating, queue, take, size=1)


def outlast_a_silent_connection(uri: str) -> None:
    """Wait until the broker has closed a connection, opened now, that sends no heartbeats."""
    silent = connect(uri, name="silent", heartbeat=HEARTBEAT)
    with pytest.raises(OSError, match=r"reset by peer|closed connection"):
        silent.drain_events(timeout=PATIENCE)
    silent.collect()
