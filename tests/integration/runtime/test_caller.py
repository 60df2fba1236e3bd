"""Calls from many threads over one connection: each gets its own answer, and nobody waits in vain."""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import amqp
import pytest

from tests.conftest import unique_name
from tests.faults.proxy import Proxy
from tests.waiting import eventually
from wafa.runtime import caller as module
from wafa.runtime.broker import connect
from wafa.runtime.caller import Caller
from wafa.runtime.errors import InvalidArgument, RemoteFailed, RemoteUnavailable
from wafa.runtime.protocol import RPC_EXCHANGE


class Echo:
    """A service of which the test decides what it answers; without a decision, with its first argument."""

    def __init__(self, uri: str) -> None:
        self.name = unique_name()
        self.asked: list[Any] = []
        self.answer: Callable[[amqp.Channel, amqp.Message, Any], bool] = lambda *_: False
        self._ending = threading.Event()
        self._connection = connect(uri, name="test echo", heartbeat=0)
        self._channel = self._connection.channel()
        self._channel.auto_decode = False
        self._channel.exchange_declare(RPC_EXCHANGE, "topic", durable=True, auto_delete=False)
        queue = self._channel.queue_declare("", exclusive=True).queue
        self._channel.queue_bind(queue, RPC_EXCHANGE, f"{self.name}.*")
        # Answered outside of the callback: py-amqp reads the next message while it publishes.
        self._requests: list[amqp.Message] = []
        self._channel.basic_consume(queue, no_ack=True, callback=self._requests.append)
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        self._ending.set()
        self._thread.join()
        self._connection.close()

    def send(self, request: amqp.Message, body: bytes, **properties: Any) -> None:
        to = request.properties["reply_to"]
        self._channel.basic_publish(amqp.Message(body, **properties), exchange=RPC_EXCHANGE, routing_key=to)

    def reply(self, request: amqp.Message, result: Any, error: Any = None) -> None:
        correlation = request.properties["correlation_id"]
        self.send(
            request, json.dumps({"result": result, "error": error}).encode(), correlation_id=correlation
        )

    def _serve(self) -> None:
        while not self._ending.is_set():
            with contextlib.suppress(TimeoutError):
                self._connection.drain_events(timeout=0.1)
            while self._requests:
                self._take(self._requests.pop(0))

    def _take(self, message: amqp.Message) -> None:
        arguments = json.loads(message.body)["args"]
        self.asked.append(arguments)
        if not self.answer(self._channel, message, arguments):
            self.reply(message, arguments[0] if arguments else None)


@pytest.fixture
def echo(amqp_uri: str) -> Iterator[Echo]:
    echo = Echo(amqp_uri)
    yield echo
    echo.close()


@pytest.fixture
def network(amqp_uri: str) -> Iterator[Proxy]:
    port = urlsplit(amqp_uri).port
    assert port is not None
    with Proxy(port) as network:
        yield network


@pytest.fixture
def caller(amqp_uri: str, network: Proxy) -> Iterator[Caller]:
    address = urlsplit(amqp_uri)
    here = address._replace(netloc=address.netloc.replace(f":{address.port}", f":{network.port}"))
    caller = Caller(here.geturl(), name="test caller")
    yield caller
    network.resume()
    caller.close()


def test_each_of_many_threads_gets_its_own_answer(caller: Caller, echo: Echo) -> None:
    with ThreadPoolExecutor(30) as threads:
        answers = [*threads.map(lambda n: caller.call(echo.name, "say", n, within=30), range(600))]

    assert answers == [*range(600)]


def test_several_can_be_asked_before_the_first_answer_is_read(caller: Caller, echo: Echo) -> None:
    asked = [caller.begin(echo.name, "say", n, within=30) for n in range(50)]

    assert [one.result() for one in asked] == [*range(50)]


def test_a_service_that_does_not_run_is_told_at_once(caller: Caller) -> None:
    began = time.monotonic()
    with pytest.raises(RemoteUnavailable, match="is it running"):
        caller.call(unique_name(), "say", within=60)

    assert time.monotonic() - began < 20


def test_no_answer_in_time_is_told_when_the_time_is_over_and_a_late_one_is_for_nobody(
    caller: Caller, echo: Echo
) -> None:
    held: list[amqp.Message] = []
    echo.answer = lambda _, request, arguments: arguments == ["slow"] and not held.append(request)
    with pytest.raises(RemoteUnavailable, match=r"no answer within 0\.3 s"):
        caller.call(echo.name, "say", "slow", within=0.3)

    echo.answer = lambda _, request, arguments: bool(echo.reply(held[0], "late"))
    assert caller.call(echo.name, "say", "next", within=30) == "next"


def test_what_a_service_refuses_is_told_from_what_is_away(caller: Caller, echo: Echo) -> None:
    def refuse(path: str, *args: Any) -> None:
        told = {"exc_type": path.rpartition(".")[2], "exc_path": path, "exc_args": args, "value": "why"}
        echo.answer = lambda _, request, arguments: not echo.reply(request, None, told)

    refuse("wafa.runtime.errors.InvalidArgument", "limit", "must be a whole number")
    with pytest.raises(InvalidArgument) as told:
        caller.call(echo.name, "say", within=30)
    assert (told.value.path, told.value.message) == ("limit", "must be a whole number")

    for other in ("builtins.ValueError", "somebody.elses.InvalidArgument"):
        refuse(other, "limit", "why")
        with pytest.raises(RemoteFailed) as failed:
            caller.call(echo.name, "say", within=30)
        assert failed.value.kind == other.rpartition(".")[2]
        assert "why" not in str(failed.value), "its words may quote a person"

    refuse("pymongo.errors.ServerSelectionTimeoutError")
    with pytest.raises(RemoteUnavailable, match="ServerSelectionTimeoutError"):
        caller.call(echo.name, "say", within=30)


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (b"{", True),
        (b"\xff\xfe", True),
        (b'"text"', True),
        (b"{}", True),
        (b'{"result": 1, "error": {}, "more": 1}', False),
        (b'{"result": null, "error": {"kind": 1}}', True),
        (b'{"result": 1, "error": null}', False),
    ],
)
def test_an_answer_that_is_none_is_passed_over_and_the_thread_lives(
    caller: Caller, echo: Echo, body: bytes, names: bool
) -> None:
    def babble(_: object, request: amqp.Message, arguments: object) -> bool:
        known = {"correlation_id": request.properties["correlation_id"]} if names else {}
        echo.send(request, body, **known)
        return False

    echo.answer = babble

    assert caller.call(echo.name, "say", "well", within=30) == "well"
    assert caller.call(echo.name, "say", "again", within=30) == "again"


def test_when_the_broker_goes_nobody_hangs_and_when_it_is_back_all_goes_on(
    caller: Caller, echo: Echo, network: Proxy
) -> None:
    assert caller.call(echo.name, "say", 1, within=30) == 1
    echo.answer = lambda *_: True
    held = [caller.begin(echo.name, "say", n, within=60) for n in range(5)]
    eventually(lambda: len(echo.asked) == 6)
    began = time.monotonic()
    network.shut()

    for one in held:
        with pytest.raises(RemoteUnavailable, match="broker does not answer"):
            one.result()
    assert not caller.connected
    with pytest.raises(RemoteUnavailable, match="broker does not answer"):
        caller.call(echo.name, "say", "while it is away", within=60)
    assert time.monotonic() - began < 20, "told at once, not after a minute"

    echo.answer = lambda *_: False
    network.open()
    eventually(lambda: caller.connected)
    assert caller.call(echo.name, "say", "back", within=30) == "back"
    assert ["while it is away"] not in echo.asked, "who was told no has not asked"


def test_threads_that_call_all_the_time_survive_a_broker_that_comes_and_goes(
    caller: Caller, echo: Echo, network: Proxy
) -> None:
    ending = threading.Event()
    wrong: list[object] = []

    def keep_calling(who: int) -> int:
        answered = 0
        while not ending.is_set():
            try:
                answer = caller.call(echo.name, "say", who, within=5)
            except RemoteUnavailable:
                continue
            answered += 1
            if answer != who:
                wrong.append((who, answer))
        return answered

    with ThreadPoolExecutor(8) as threads:
        calling = [threads.submit(keep_calling, who) for who in range(8)]
        for _ in range(3):
            heard = len(echo.asked)
            eventually(lambda: len(echo.asked) > heard + 50)  # noqa: B023
            network.cut()
            eventually(lambda: caller.connected)
        ending.set()
        assert all(one.result(30) for one in calling)
    assert wrong == []


def test_a_broker_that_vanishes_without_a_word_is_found_and_what_nobody_waits_for_is_not_sent(
    caller: Caller, echo: Echo, network: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "HEARTBEAT", 1)
    network.cut()
    eventually(lambda: not caller.connected)
    eventually(lambda: caller.connected)

    network.stall()
    with pytest.raises(RemoteUnavailable, match="no answer within"):
        caller.call(echo.name, "say", "into the void", within=0.2)
    eventually(lambda: not caller.connected)
    with pytest.raises(RemoteUnavailable):
        # The thread is connecting meanwhile: this is not sent later, behind the caller's back.
        caller.call(echo.name, "say", "behind the back", within=0.2)
    network.cut()
    network.resume()
    eventually(lambda: caller.connected)

    assert caller.call(echo.name, "say", "well", within=30) == "well"
    assert ["behind the back"] not in echo.asked


def test_calls_while_it_connects_do_not_block_however_many(
    caller: Caller, echo: Echo, network: Proxy
) -> None:
    eventually(lambda: caller.connected)
    network.stall()
    network.cut()
    eventually(lambda: not caller.connected)

    pending = [caller.begin(echo.name, "say", n, within=60) for n in range(3000)]
    network.resume()

    last = caller.begin(echo.name, "say", "last", within=60)
    outcomes = {_outcome(one) for one in (*pending, last)}
    assert outcomes <= {"answered", "away"}


def _outcome(pending: Any) -> str:
    try:
        pending.result()
    except RemoteUnavailable:
        return "away"
    return "answered"


def test_whatever_breaks_in_the_thread_it_goes_on(
    caller: Caller, echo: Echo, monkeypatch: pytest.MonkeyPatch
) -> None:
    eventually(lambda: caller.connected)

    def break_down(body: bytes) -> None:
        monkeypatch.undo()
        raise ZeroDivisionError

    monkeypatch.setattr(module, "read_answer", break_down)
    with pytest.raises(RemoteUnavailable):
        caller.call(echo.name, "say", 1, within=60)

    eventually(lambda: caller.connected)
    assert caller.call(echo.name, "say", 2, within=30) == 2


def test_a_text_that_is_none_is_refused_before_it_is_sent(caller: Caller, echo: Echo) -> None:
    with pytest.raises(UnicodeEncodeError):
        caller.begin(echo.name, "say", "\ud800", within=30)

    assert caller.call(echo.name, "say", "سلام", within=30) == "سلام"


def test_an_answer_that_nobody_holds_is_not_kept(caller: Caller, echo: Echo) -> None:
    held = [caller.begin(echo.name, "say", n, within=30) for n in range(10)]
    eventually(lambda: len(echo.asked) == 10)
    held.clear()

    assert caller.call(echo.name, "say", "last", within=30) == "last"
    assert caller._awaited._answers == {}


def test_when_it_is_closed_whoever_waits_is_told_and_so_is_who_comes_later(amqp_uri: str, echo: Echo) -> None:
    caller = Caller(amqp_uri, name="test caller")
    echo.answer = lambda *_: True
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(caller.call, echo.name, "say", 1, within=60)
        eventually(lambda: echo.asked)
        caller.close()
        with pytest.raises(RemoteUnavailable, match="no calls are made"):
            waiting.result(20)

    assert not caller.connected
    with pytest.raises(RemoteUnavailable, match="no calls are made"):
        caller.call(echo.name, "say", 2, within=60)
