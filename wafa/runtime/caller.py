"""Calls to the services from many threads at once, over one connection: for the gateway.

Callers hand their requests to the thread that owns the connection, and wait for their own answers. A broker
that is away is told at once, not waited for.
"""

import queue
import uuid
from typing import Any

import amqp
import msgspec
import structlog

from wafa.runtime.awaiting import Awaited, Pending, Request
from wafa.runtime.errors import RemoteUnavailable
from wafa.runtime.owner import Owner, take_all
from wafa.runtime.protocol import ask, body_of, listen, read_answer

log = structlog.get_logger(__name__)

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
        self._owner = Owner("caller", self._serve, self._refuse)
        self._owner.start()

    @property
    def connected(self) -> bool:
        """Whether the broker is there."""
        return self._owner.connected

    def call(self, service: str, method: str, *args: Any, within: float, **kwargs: Any) -> Any:
        """Call a method and return its answer; raises as `begin` and `Pending.result`."""
        return self.begin(service, method, *args, within=within, **kwargs).result()

    def begin(
        self,
        service: str,
        method: str,
        *args: Any,
        within: float,
        in_trace: str | None = None,
        **kwargs: Any,
    ) -> Pending:
        """Call a method and return at once; what goes wrong is raised by the answer.

        `in_trace` is the `traceparent` of what the call is a part of.

        Raises:
            UnicodeEncodeError: an argument holds half of a surrogate pair, which is no text.
        """
        request = Request(uuid.uuid4().hex, service, method, body_of(args, kwargs), within, in_trace)
        pending = self._awaited.expect(request)
        self._requests.put(request)
        self._owner.wake()
        if self._owner.ending.is_set():
            self._awaited.fail_all("no calls are made any longer")
        return pending

    def close(self) -> None:
        """End the thread and its connection. Whoever waits for an answer hears that there is none."""
        self._owner.close()
        self._awaited.fail_all("no calls are made any longer")

    def _serve(self) -> None:
        with self._owner.connection(self._uri, name=self._name, heartbeat=HEARTBEAT) as connection:
            channel = connection.channel()
            reply_to = listen(channel, self._on_answer, self._on_return)
            self._owner.settled()
            while not self._owner.ending.is_set():
                answers = self._owner.wait(IDLE)
                self._send(channel, reply_to)
                if answers:
                    take_all(connection)
                connection.heartbeat_tick()

    def _refuse(self, why: str) -> None:
        self._waiting()
        self._awaited.fail_all(why)

    def _send(self, channel: amqp.Channel, reply_to: str) -> None:
        for request in self._waiting():
            ask(
                channel,
                request.service,
                request.method,
                request.body,
                reply_to=reply_to,
                correlation=request.correlation,
                within=request.within,
                traceparent=request.traceparent,
            )

    def _waiting(self) -> list[Request]:
        """Return the requests to send, without those that nobody waits for any longer."""
        requests: list[Request] = []
        while True:
            try:
                request = self._requests.get_nowait()
            except queue.Empty:
                return requests
            if self._awaited.wants(request.correlation):
                requests.append(request)

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
