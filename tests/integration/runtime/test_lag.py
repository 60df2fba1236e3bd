"""How far behind a consumer is: told while it works, while it hangs, and when there is nothing to do."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import pytest
from prometheus_client import REGISTRY

from tests.waiting import eventually
from wafa.contracts.envelope import STRUCTURED
from wafa.runtime.broker import connect
from wafa.runtime.consumer import BatchConsumer, Delivery
from wafa.runtime.publisher import Message, Publisher

PATIENCE = 60


class Hanging:
    """Takes a batch and holds it until it is let go, as when the database is away."""

    def __init__(self) -> None:
        self.entered, self.let_go = threading.Event(), threading.Event()

    def __call__(self, deliveries: Sequence[Delivery], tries: int) -> None:
        self.entered.set()
        assert self.let_go.wait(PATIENCE)


@pytest.fixture
def queue(amqp_uri: str, unique: str) -> Iterator[str]:
    with connect(amqp_uri, name="test") as connection:
        channel = connection.channel()
        channel.queue_declare(unique, durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"})
        yield unique
        channel.queue_delete(unique)


@pytest.fixture
def publish(amqp_uri: str, queue: str) -> Iterator[object]:
    publisher = Publisher(amqp_uri, name="test publisher")
    yield lambda: publisher.send([Message("", queue, b"{}", STRUCTURED)])
    publisher.close()


@contextmanager
def consuming(uri: str, queue: str, take: object) -> Iterator[None]:
    consumer = BatchConsumer(partial(connect, uri, name="test consumer"), queue, take, size=1, prefetch=2)
    thread = threading.Thread(target=consumer.run)
    thread.start()
    try:
        yield
    finally:
        take.let_go.set()
        consumer.stop()
        thread.join(PATIENCE)
        assert not thread.is_alive()


def figure(name: str, queue: str) -> float:
    return REGISTRY.get_sample_value(name, {"queue": queue}) or 0.0


def test_the_oldest_event_grows_old_while_its_batch_hangs_and_is_none_afterwards(
    amqp_uri: str, queue: str, publish: object
) -> None:
    hanging = Hanging()
    with consuming(amqp_uri, queue, hanging):
        assert figure("wafa_oldest_event_seconds", queue) == 0
        publish()
        assert hanging.entered.wait(PATIENCE)
        first = figure("wafa_oldest_event_seconds", queue)
        eventually(lambda: figure("wafa_oldest_event_seconds", queue) > first + 0.2)
        hanging.let_go.set()
        eventually(lambda: figure("wafa_oldest_event_seconds", queue) == 0, within=PATIENCE)


def test_what_waits_behind_a_batch_that_hangs_is_no_younger_than_it_is(
    amqp_uri: str, queue: str, publish: object
) -> None:
    """Fetched or not: the age counts from the publishing."""
    published = time.time()
    publish()
    publish()
    eventually(lambda: time.time() > published + 1)
    hanging = Hanging()
    with consuming(amqp_uri, queue, hanging):
        assert hanging.entered.wait(PATIENCE)
        assert figure("wafa_oldest_event_seconds", queue) >= 1
        hanging.let_go.set()
        eventually(lambda: figure("wafa_lag_seconds_count", queue) == 2, within=PATIENCE)
        assert figure("wafa_lag_seconds_sum", queue) >= 2


def test_a_consumer_that_ends_leaves_no_age_behind(amqp_uri: str, queue: str, publish: object) -> None:
    """What it had goes back to the queue, and is another's to tell of."""
    hanging = Hanging()
    with consuming(amqp_uri, queue, hanging):
        publish()
        publish()
        assert hanging.entered.wait(PATIENCE)
    assert figure("wafa_oldest_event_seconds", queue) == 0
