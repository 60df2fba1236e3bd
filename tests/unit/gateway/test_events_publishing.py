"""Many threads publish at the same time: in rounds, and each hears the truth about its own events."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from services.gateway.publishing import Publishing
from tests.waiting import eventually
from wafa.runtime.errors import PublishFailed, QueueFull
from wafa.runtime.publisher import Message

PURCHASE, CONTACT = "purchase.completed.v1", "contact.logged.v1"


class Broker:
    """Takes messages as a publisher does, when `open`; refuses the types in `full`."""

    def __init__(self) -> None:
        self.rounds: list[list[Message]] = []
        self.open = threading.Event()
        self.open.set()
        self.full: set[str] = set()
        self.error: Exception | None = None

    def send(self, messages: Sequence[Message]) -> None:
        self.rounds.append([*messages])
        self.open.wait()
        if self.error:
            raise self.error
        if any(one.routing_key in self.full for one in messages):
            raise QueueFull("a queue is full")


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
def publishing(broker: Broker) -> Iterator[Publishing]:
    publishing = Publishing(broker.send, patience=5)
    yield publishing
    broker.open.set()
    publishing.close()


@pytest.fixture
def hand_over(broker: Broker, publishing: Publishing) -> Iterator[Callable[..., Future[None]]]:
    """Publish from a thread of its own."""
    with ThreadPoolExecutor(20) as threads:
        yield lambda *kinds: threads.submit(publishing.publish, [(kind, b"{}") for kind in kinds])
        broker.open.set()


def waiting(publishing: Publishing) -> int:
    return publishing._handed.qsize()


def test_what_is_handed_over_while_a_round_is_out_goes_out_together(broker, publishing, hand_over):
    broker.open.clear()
    first = hand_over(PURCHASE)
    eventually(lambda: broker.rounds)
    others = [hand_over(PURCHASE) for _ in range(10)]
    eventually(lambda: waiting(publishing) == 10)
    broker.open.set()

    for one in (first, *others):
        one.result()
    assert [[message.body for message in sent] for sent in broker.rounds] == [
        [b"{}"],
        [b"[" + b",".join([b"{}"] * 10) + b"]"],
    ]


def test_nobody_is_told_that_it_is_published_before_the_broker_says_so(broker, publishing, hand_over):
    broker.open.clear()
    handed = hand_over(PURCHASE)
    eventually(lambda: broker.rounds)

    assert not handed.done()


def test_a_full_queue_stops_its_own_events_and_not_those_beside_them(broker, publishing, hand_over):
    broker.full = {CONTACT}
    broker.open.clear()
    hand_over(PURCHASE)
    eventually(lambda: broker.rounds)
    bought, said, both = hand_over(PURCHASE), hand_over(CONTACT), hand_over(PURCHASE, CONTACT)
    eventually(lambda: waiting(publishing) == 3)
    broker.open.set()

    bought.result()
    for one in (said, both):
        with pytest.raises(QueueFull):
            one.result()


def test_after_a_lost_connection_others_hear_so_at_once_and_do_not_wait(broker, publishing):
    broker.error = PublishFailed("connection lost")
    for _ in range(3):
        with pytest.raises(PublishFailed):
            publishing.publish([(PURCHASE, b"{}")])

    assert len(broker.rounds) == 1


def test_the_broker_is_tried_again_after_a_pause(broker, publishing):
    broker.error = PublishFailed("connection lost")
    with pytest.raises(PublishFailed):
        publishing.publish([(PURCHASE, b"{}")])
    broker.error = None

    eventually(lambda: is_published(publishing))


def refusal(publishing):
    with pytest.raises(PublishFailed) as refused:
        publishing.publish([(PURCHASE, b"{}")])
    return str(refused.value)


def test_who_has_waited_long_enough_is_told_and_what_was_not_sent_yet_is_not_sent_later(broker):
    publishing = Publishing(broker.send, patience=0.1)
    broker.open.clear()
    with ThreadPoolExecutor(2) as threads:
        handed = [threads.submit(publishing.publish, [(PURCHASE, b"{}")]) for _ in range(2)]
        for one in handed:
            with pytest.raises(PublishFailed, match=r"within 0\.1 s|at the moment"):
                one.result()
    eventually(lambda: "at the moment" in refusal(publishing))
    broker.open.set()
    publishing.close()

    assert len(broker.rounds) == 1


def test_an_error_of_ours_fails_one_round_and_not_all_that_follow(broker, publishing):
    broker.error = KeyError("a bug")
    with pytest.raises(PublishFailed):
        publishing.publish([(PURCHASE, b"{}")])
    broker.error = None

    publishing.publish([(PURCHASE, b"{}")])


def test_on_a_stop_what_was_handed_over_is_still_published(broker):
    publishing = Publishing(broker.send)
    broker.open.clear()
    with ThreadPoolExecutor(3) as threads:
        first = threads.submit(publishing.publish, [(PURCHASE, b"{}")])
        eventually(lambda: broker.rounds)
        second = threads.submit(publishing.publish, [(PURCHASE, b"{}")])
        eventually(lambda: waiting(publishing) == 1)
        stopped = threads.submit(publishing.close)
        broker.open.set()

        for one in (first, second, stopped):
            one.result()
    assert len(broker.rounds) == 2


def is_published(publishing: Publishing) -> bool:
    try:
        publishing.publish([(PURCHASE, b"{}")])
    except PublishFailed:
        return False
    return True
