"""Calls to the services from outside of nameko: for commands and tools, without eventlet."""

import time
import uuid
from typing import Any, Self

import amqp

from wafa.runtime.broker import connect
from wafa.runtime.errors import RemoteUnavailable
from wafa.runtime.protocol import Answer, ask, body_of, listen, read_answer, result


class Client:
    """A connection to the services; a context manager. `timeout` is in seconds, for each call."""

    def __init__(self, uri: str, *, timeout: float = 30) -> None:
        self._uri = uri
        self._timeout = timeout
        self._answers: dict[str, Answer] = {}
        self._returned = False

    def __enter__(self) -> Self:
        """Connect.

        Raises:
            RemoteUnavailable: the broker cannot be reached, or does not let us in.
        """
        try:
            self._connection = connect(self._uri, name="wafa client", heartbeat=0)
            self._channel = self._connection.channel()
            self._reply_to = listen(self._channel, self._on_answer, self._on_return)
        except (OSError, amqp.exceptions.AMQPError) as error:
            raise RemoteUnavailable(f"the broker does not answer: {error}") from error
        return self

    def __exit__(self, *_: object) -> None:
        """Disconnect."""
        self._connection.collect()

    def call(self, service: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method of a service and return its answer.

        Raises:
            InvalidArgument: the service cannot do anything with an argument.
            RemoteUnavailable: no answer in time, or something that the service needs is away.
            RemoteFailed: the service broke down.
        """
        correlation = uuid.uuid4().hex
        body = body_of(args, kwargs)
        try:
            self._returned = False
            ask(
                self._channel,
                service,
                method,
                body,
                reply_to=self._reply_to,
                correlation=correlation,
                within=self._timeout,
            )
            answer = self._wait_for(correlation, service)
        except (OSError, amqp.exceptions.AMQPError) as error:
            raise RemoteUnavailable(f"the connection to the broker broke: {error}") from error
        return result(answer, service, method)

    def _wait_for(self, correlation: str, service: str) -> Answer:
        deadline = time.monotonic() + self._timeout
        while correlation not in self._answers:
            left = deadline - time.monotonic()
            if self._returned or left <= 0:
                raise RemoteUnavailable(f"the service {service} does not answer; is it running?")
            try:
                self._connection.drain_events(timeout=left)
            except TimeoutError:
                continue
        return self._answers.pop(correlation)

    def _on_answer(self, message: amqp.Message) -> None:
        # Answers that come after their deadline are for nobody.
        self._answers = {message.properties["correlation_id"]: read_answer(message.body)}

    def _on_return(self, *_: object) -> None:
        self._returned = True
