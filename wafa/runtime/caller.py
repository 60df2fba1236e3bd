"""Calls to the services from many threads at once, over one connection: for the gateway.

One thread owns the connection, because neither py-amqp nor a TLS socket may be used by two. Callers hand
their requests to it and wait for their own answers. A broker that is away is told at once, not waited for.
Whatever goes wrong in the thread, it goes on with a new connection: without it, nobody would be answered.
"""

import contextlib
import queue
import selectors
import socket
import threading
import time
import uuid
from typing import Any

import amqp
import msgspec
import structlog

from wafa.runtime.awaiting import Awaited, Pending, Request, read_answer
from wafa.runtime.broker import connect, tell_loss
from wafa.runtime.client import RPC_EXCHANGE
from wafa.runtime.errors import RemoteUnavailable

log = structlog.get_logger(__name__)

FIRST_DELAY, LONGEST_DELAY = 0.2, 3.0
#: Seconds after which the thread looks whether the broker still lives.
IDLE = 1.0
#: Seconds: a broker that has vanished without a word is found within twice that.
HEARTBEAT = 10


class Caller:
    """Calls methods of the services; safe to share among threads. `close` ends it.

    Nothing is sent again: whoever calls decides whether that is safe.
    """

    def __init__(self, uri: str, *, name: str) -> None:
        self._uri = uri
        self._name = name
        self._requests: queue.SimpleQueue[Request] = queue.SimpleQueue()
        self._awaited = Awaited()
        self._ending = threading.Event()
        self._connected = threading.Event()
        self._woken, self._wake = socket.socketpair()
        self._woken.setblocking(False)
        # While the thread connects nobody reads, and whoever calls must not wait for that.
        self._wake.setblocking(False)
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
        """Call a method and return at once; what goes wrong is raised by the answer.

        Raises:
            UnicodeEncodeError: an argument holds half of a surrogate pair, which is no text.
        """
        body = msgspec.json.encode({"args": args, "kwargs": kwargs})
        request = Request(uuid.uuid4().hex, service, method, body, within)
        pending = self._awaited.expect(request)
        self._requests.put(request)
        self._wake_up()
        if self._ending.is_set():
            self._awaited.fail_all("no calls are made any longer")
        return pending

    def close(self) -> None:
        """End the thread and its connection. Whoever waits for an answer hears that there is none."""
        self._ending.set()
        self._wake_up()
        self._thread.join()
        self._awaited.fail_all("no calls are made any longer")
        self._woken.close()
        self._wake.close()

    def _wake_up(self) -> None:
        # Full means that the thread has enough to wake up from, closed that it has ended.
        with contextlib.suppress(OSError):
            self._wake.send(b".")

    def _run(self) -> None:
        delay = FIRST_DELAY
        while not self._ending.is_set():
            try:
                self._serve()
            except Exception as error:
                delay = FIRST_DELAY if self.connected else min(delay * 2, LONGEST_DELAY)
                self._connected.clear()
                tell_loss(error, delay)
                self._awaited.fail_all(f"the broker does not answer: {error}")
                self._refuse_for(delay)
        self._connected.clear()

    def _serve(self) -> None:
        connection = connect(self._uri, name=self._name, heartbeat=HEARTBEAT)
        try:
            channel = self._listen(connection.channel())
            self._connected.set()
            with selectors.DefaultSelector() as watched:
                watched.register(connection.sock, selectors.EVENT_READ)
                watched.register(self._woken, selectors.EVENT_READ)
                while not self._ending.is_set():
                    ready = {key.fileobj for key, _ in watched.select(IDLE)}
                    self._send(channel)
                    if connection.sock in ready:
                        self._receive(connection)
                    connection.heartbeat_tick()
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
        # Everything that is there: of a TLS connection, a selector does not see what is already decrypted.
        while True:
            try:
                connection.drain_events(timeout=0)
            except TimeoutError:
                return

    def _waiting(self) -> list[Request]:
        """Return the requests to send, without those that nobody waits for any longer."""
        with contextlib.suppress(BlockingIOError):
            self._woken.recv(4096)
        requests: list[Request] = []
        while True:
            try:
                request = self._requests.get_nowait()
            except queue.Empty:
                return requests
            if self._awaited.wants(request.correlation):
                requests.append(request)

    def _refuse_for(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        with selectors.DefaultSelector() as watched:
            watched.register(self._woken, selectors.EVENT_READ)
            while (left := until - time.monotonic()) > 0 and not self._ending.is_set():
                watched.select(left)
                self._waiting()
                self._awaited.fail_all("the broker does not answer")

    def _on_answer(self, message: amqp.Message) -> None:
        try:
            correlation = message.properties["correlation_id"]
            answer = read_answer(message.body)
        except (KeyError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            log.warning("answer dropped, it cannot be read", error=type(error).__name__)
        else:
            self._awaited.settle(correlation, answer)

    def _on_return(self, error: Exception, exchange: str, key: str, message: amqp.Message) -> None:
        service = key.partition(".")[0]
        unavailable = RemoteUnavailable(f"the service {service} does not answer; is it running?")
        self._awaited.settle(message.properties["correlation_id"], unavailable)
