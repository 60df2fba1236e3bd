"""Answers of a service: whole, each to who asked, and no trouble where nobody asks any longer."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from tests.conftest import unique_name
from wafa.runtime.broker import connect
from wafa.runtime.caller import Caller
from wafa.runtime.errors import RemoteFailed
from wafa.runtime.protocol import ask, body_of

LARGE = 400_000
SERVICE = """
import eventlet
eventlet.monkey_patch()

import os, signal, sys
from wafa.runtime.address import for_nameko
from wafa.runtime.health import Readiness
from wafa.runtime.providers import FATAL, READINESS
from wafa.runtime.rpc import rpc
from wafa.runtime.runner import Container

class Service:
    name = sys.argv[2]

    @rpc
    def repeat(self, text, times):
        return text * times

    @rpc
    def unsendable(self):
        return object()

    @rpc
    def late(self):
        print("asked", flush=True)
        eventlet.sleep(5)
        return "done"

own = {"serializer": "json", READINESS: Readiness(), FATAL: lambda *_: os._exit(1)}
container = Container(Service, {**for_nameko(sys.argv[1]), **own})
signal.signal(signal.SIGTERM, lambda *_: eventlet.spawn(container.stop))
container.start()
print("ready", flush=True)
container.wait()
"""


@contextmanager
def running(amqp_uri: str, name: str) -> Iterator[Callable[[], None]]:
    """Run the service; what is given waits until it is asked what it answers late, and ends it then."""
    command = [sys.executable, "-c", SERVICE, amqp_uri, name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        told = process.stdout

        def end_when_asked() -> None:
            assert told.readline() == "asked\n"
            process.terminate()

        assert told.readline() == "ready\n"
        try:
            yield end_when_asked
        finally:
            process.kill()


@pytest.fixture(scope="module")
def service(amqp_uri: str) -> Iterator[str]:
    name = unique_name()
    with running(amqp_uri, name):
        yield name


@pytest.fixture(scope="module")
def caller(amqp_uri: str) -> Iterator[Caller]:
    caller = Caller(amqp_uri, name="test caller")
    yield caller
    caller.close()


def test_large_and_small_answers_at_the_same_time_all_arrive_whole(service: str, caller: Caller) -> None:
    sizes = [LARGE + one if one % 2 else one for one in range(24)]

    with ThreadPoolExecutor(len(sizes)) as pool:
        answers = pool.map(lambda size: caller.call(service, "repeat", "ي", size, within=30), sizes)

    assert [*map(len, answers)] == sizes


def test_a_result_that_is_no_json_is_told_as_an_error(service: str, caller: Caller) -> None:
    with pytest.raises(RemoteFailed, match="UnserializableValueError"):
        caller.call(service, "unsendable", within=30)

    assert caller.call(service, "repeat", "a", 2, within=30) == "aa"


def test_an_answer_for_somebody_who_is_gone_keeps_nobody_from_getting_theirs(
    service: str, caller: Caller, amqp_uri: str
) -> None:
    with connect(amqp_uri, name="test") as connection:
        channel, body = connection.channel(), body_of(("a", 2), {})
        for number in range(20):  # more than a service takes at once
            ask(channel, service, "repeat", body, reply_to="gone", correlation=str(number), within=30)

    assert caller.call(service, "repeat", "a", 3, within=30) == "aaa"


def test_what_is_in_hand_at_a_stop_is_answered(caller: Caller, amqp_uri: str) -> None:
    name = unique_name()
    with running(amqp_uri, name) as end_when_asked:
        pending = caller.begin(name, "late", within=30)
        end_when_asked()

        assert pending.result() == "done"
