"""Calls to the services from many threads at once, over one connection: for the gateway.

One thread owns the connection, because neither py-amqp nor a TLS socket may be used by two. Callers hand
their requests to it and wait for their own answers. A broker that is away is told at once, not waited for.
"""

import contextlib
import queue
import select
import socket
import threading
import time
import uuid
from concurrent.futures import Future
from typing import Any, NamedTuple

import amqp
import msgspec
import structlog

from wafa.runtime.broker import connect
from wafa.runtime.client import RPC_EXCHANGE, failed
from wafa.runtime.errors import RemoteUnavailable

log = structlog.get_logger(__name__)

FIRST_DELAY, LONGEST_DELAY = 0.2, 3.0
#: Seconds after which the thread looks whether it is to end.
IDLE = 1.0


class Request(NamedTuple):
    """A call on its way. `within` is in seconds."""

    correlation: str
    service: str
    method: str
    body: bytes
    within: float


class Pending:
    """An answer to come."""

    def __init__(self, caller: "Caller", request: Request) -> None:
        self._caller = caller
        self._request = request
        self._until = time.monotonic() + request.within

    def result(self) -> Any:
        """Wait for the answer and return it.

        Raises:
            RemoteUnavailable: no answer in time, or something that the service needs is away.
            RemoteFailed: the service answered with an error.
        """
        service, method = self._request.service, self._request.method
        try:
            answer = self._caller.take(self._request.correlation, self._until - time.monotonic())
        except TimeoutError:
            raise RemoteUnavailable(
                f"{service}.{method}: no answer within {self._request.within:g} s"
            ) from None
        if failure := answer["error"]:
            raise failed(service, method, failure)
        return answer["result"]


class Caller:
    """Calls methods of the services; safe to share among threads. `close` ends it.

    Nothing is sent again: whoever calls decides whether that is safe.
    """

    def __init__(self, uri: str, *, name: str) -> None:
        self._uri = uri
        self._name = name
        self._requests: queue.SimpleQueue[Request] = queue.SimpleQueue()
        self._answers: dict[str, Future[Any]] = {}
        self._ending = threading.Event()
        self._connected = threading.Event()
        self._woken, self._wake = socket.socketpair()
        self._woken.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="caller", daemon=True)
        self._thread.start()

    @property
    def connected(self) -> bool:
        """Whether the broker is there."""
        return self._connected.is_set()

    def call(self, service: str, method: str, *args: Any, within: float, **kwargs: Any) -> Any:
        """Call a method and return its answer; raises as `Pending.result`."""
        return self.begin(service, method, *args, within=within, **kwargs).result()

    def begin(self, service: str, method: str, *args: Any, within: float, **kwargs: Any) -> Pending:
        """Call a method and return at once; what goes wrong is raised by the answer."""
        body = msgspec.json.encode({"args": args, "kwargs": kwargs})
        request = Request(uuid.uuid4().hex, service, method, body, within)
        self._answers[request.correlation] = Future()
        self._requests.put(request)
        self._wake.send(b".")
        return Pending(self, request)

    def take(self, correlation: str, within: float) -> Any:
        """Wait for an answer, which nobody waits for afterwards. Raises TimeoutError."""
        try:
            return self._answers[correlation].result(max(within, 0))
        finally:
            self._answers.pop(correlation, None)

    def close(self) -> None:
        """End the thread and its connection."""
        self._ending.set()
        self._wake.send(b".")
        self._thread.join()
        self._woken.close()
        self._wake.close()

    def _run(self) -> None:
        delay = FIRST_DELAY
        while not self._ending.is_set():
            try:
                self._serve()
            except (OSError, amqp.exceptions.AMQPError) as error:
                delay = FIRST_DELAY if self.connected else min(delay * 2, LONGEST_DELAY)
                self._connected.clear()
                log.warning("broker away, trying again", error=str(error), delay=delay)
                self._fail_all(RemoteUnavailable(f"the broker does not answer: {error}"))
                self._refuse_for(delay)

    def _serve(self) -> None:
        connection = connect(self._uri, name=self._name, heartbeat=0)
        try:
            channel = self._listen(connection.channel())
            self._connected.set()
            while not self._ending.is_set():
                ready, _, _ = select.select([connection.sock, self._woken], [], [], IDLE)
                self._send(channel)
                if connection.sock in ready:
                    self._receive(connection)
        finally:
            connection.collect()

    def _listen(self, channel: amqp.Channel) -> amqp.Channel:
        channel.auto_decode = False
        channel.events["basic_return"].add(self._on_return)
        channel.exchange_declare(RPC_EXCHANGE, "topic", durable=True, auto_delete=False)
        answers = channel.queue_declare("", exclusive=True).queue
        self._reply_to = uuid.uuid4().hex
        channel.queue_bind(answers, RPC_EXCHANGE, self._reply_to)
        channel.basic_consume(answers, no_ack=True, callback=self._on_answer)
        return channel

    def _send(self, channel: amqp.Channel) -> None:
        for request in self._waiting():
            message = amqp.Message(
                request.body,
                content_type="application/json",
                content_encoding="utf-8",
                reply_to=self._reply_to,
                correlation_id=request.correlation,
                # Nobody waits for the answer to a request that is taken later than this.
                expiration=str(max(int(request.within * 1000), 1)),
            )
            key = f"{request.service}.{request.method}"
            channel.basic_publish(message, exchange=RPC_EXCHANGE, routing_key=key, mandatory=True)

    def _receive(self, connection: amqp.Connection) -> None:
        # Everything that is there: of a TLS connection, `select` does not see what is already decrypted.
        while True:
            try:
                connection.drain_events(timeout=0)
            except TimeoutError:
                return

    def _waiting(self) -> list[Request]:
        with contextlib.suppress(BlockingIOError):
            self._woken.recv(4096)
        requests: list[Request] = []
        while True:
            try:
                requests.append(self._requests.get_nowait())
            except queue.Empty:
                return requests

    def _refuse_for(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self._ending.is_set():
            select.select([self._woken], [], [], left)
            self._waiting()
            self._fail_all(RemoteUnavailable("the broker does not answer"))

    def _fail_all(self, error: Exception) -> None:
        for correlation in list(self._answers):
            self._settle(correlation, error)

    def _settle(self, correlation: str, outcome: Any) -> None:
        future = self._answers.get(correlation)
        if future is None or future.done():
            return  # nobody waits for it any longer
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)

    def _on_answer(self, message: amqp.Message) -> None:
        self._settle(message.properties["correlation_id"], msgspec.json.decode(message.body))

    def _on_return(self, error: Exception, exchange: str, key: str, message: amqp.Message) -> None:
        service = key.partition(".")[0]
        unavailable = RemoteUnavailable(f"the service {service} does not answer; is it running?")
        self._settle(message.properties["correlation_id"], unavailable)
