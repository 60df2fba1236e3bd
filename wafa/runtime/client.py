"""Calls to the services from outside of nameko: for commands and tools, without eventlet.

Speaks nameko's RPC protocol: a JSON body `{"args", "kwargs"}` to the exchange `nameko-rpc`, with the routing
key `service.method`, answered with `{"result", "error"}` to a queue of our own.
"""

import time
import uuid
from typing import Any, Self

import amqp
import msgspec

from wafa.runtime.broker import connect
from wafa.runtime.errors import RemoteFailed, RemoteUnavailable
from wafa.runtime.transient import is_transient_name

RPC_EXCHANGE = "nameko-rpc"


class Client:
    """A connection to the services; a context manager. `timeout` is in seconds, for each call."""

    def __init__(self, uri: str, *, timeout: float = 30) -> None:
        self._uri = uri
        self._timeout = timeout
        self._replies: dict[str, Any] = {}
        self._returned = False

    def __enter__(self) -> Self:
        """Connect.

        Raises:
            RemoteUnavailable: the broker cannot be reached, or does not let us in.
        """
        try:
            self._connection = connect(self._uri, name="wafa client", heartbeat=0)
            self._channel = self._listen(self._connection.channel())
        except (OSError, amqp.exceptions.AMQPError) as error:
            raise RemoteUnavailable(f"the broker does not answer: {error}") from error
        return self

    def __exit__(self, *_: object) -> None:
        """Disconnect."""
        self._connection.collect()

    def call(self, service: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method of a service and return its answer.

        Raises:
            RemoteUnavailable: no answer in time, or something that the service needs is away.
            RemoteFailed: the service answered with an error.
        """
        correlation = uuid.uuid4().hex
        request = amqp.Message(
            msgspec.json.encode({"args": args, "kwargs": kwargs}),
            content_type="application/json",
            content_encoding="utf-8",
            reply_to=self._reply_to,
            correlation_id=correlation,
            # Nobody waits for the answer to a request that is taken later than this.
            expiration=str(int(self._timeout * 1000)),
        )
        try:
            self._returned = False
            self._channel.basic_publish(
                request, exchange=RPC_EXCHANGE, routing_key=f"{service}.{method}", mandatory=True
            )
            answer = self._wait_for(correlation, service)
        except (OSError, amqp.exceptions.AMQPError) as error:
            raise RemoteUnavailable(f"the connection to the broker broke: {error}") from error
        if failure := answer["error"]:
            raise failed(service, method, failure)
        return answer["result"]

    def _listen(self, channel: amqp.Channel) -> amqp.Channel:
        channel.auto_decode = False
        channel.events["basic_return"].add(self._on_return)
        channel.exchange_declare(RPC_EXCHANGE, "topic", durable=True, auto_delete=False)
        queue = channel.queue_declare("", exclusive=True).queue
        self._reply_to = uuid.uuid4().hex
        channel.queue_bind(queue, RPC_EXCHANGE, self._reply_to)
        channel.basic_consume(queue, no_ack=True, callback=self._on_reply)
        return channel

    def _wait_for(self, correlation: str, service: str) -> Any:
        deadline = time.monotonic() + self._timeout
        while correlation not in self._replies:
            left = deadline - time.monotonic()
            if self._returned or left <= 0:
                raise RemoteUnavailable(f"the service {service} does not answer; is it running?")
            try:
                self._connection.drain_events(timeout=left)
            except TimeoutError:
                continue
        return self._replies.pop(correlation)

    def _on_reply(self, message: amqp.Message) -> None:
        # Answers that come after their deadline are for nobody.
        self._replies = {message.properties["correlation_id"]: msgspec.json.decode(message.body)}

    def _on_return(self, *_: object) -> None:
        self._returned = True


def failed(service: str, method: str, failure: dict[str, Any]) -> RemoteFailed | RemoteUnavailable:
    """Return the error that stands in an answer of nameko's."""
    kind, words = failure["exc_type"], str(failure["value"])
    if is_transient_name(kind):
        return RemoteUnavailable(f"{service}.{method}: {kind}: {words}")
    return RemoteFailed(f"{service}.{method}", kind, words)
