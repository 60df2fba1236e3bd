"""nameko's RPC protocol, as whoever asks from outside of nameko speaks it.

A request is a JSON body `{"args", "kwargs"}` to the exchange `nameko-rpc`, with the routing key
`service.method`; the answer, `{"result", "error"}`, comes to a queue of our own.
"""

from collections.abc import Callable
from typing import Any, NotRequired, TypedDict
from uuid import uuid4

import amqp
import msgspec

from wafa.contracts.traces import TRACEPARENT
from wafa.runtime.errors import InvalidArgument, RemoteFailed, RemoteUnavailable
from wafa.runtime.transient import is_transient_name

RPC_EXCHANGE = "nameko-rpc"
#: What nameko keeps for whoever is called begins so.
_TRACEPARENT = f"nameko.{TRACEPARENT}"
_INVALID = f"{InvalidArgument.__module__}.{InvalidArgument.__qualname__}"


class Failure(TypedDict):
    """An error of a service, as nameko words it."""

    exc_type: str
    exc_path: NotRequired[str]
    exc_args: NotRequired[list[Any]]
    value: Any


class Answer(TypedDict):
    """What a service answers."""

    result: Any
    error: Failure | None


def listen(
    channel: amqp.Channel, on_answer: Callable[[amqp.Message], None], on_return: Callable[..., None]
) -> str:
    """Take answers, and requests that nobody takes, on a channel; return where answers are to go."""
    channel.auto_decode = False
    channel.events["basic_return"].add(on_return)
    channel.exchange_declare(RPC_EXCHANGE, "topic", durable=True, auto_delete=False)
    answers = channel.queue_declare("", exclusive=True).queue
    reply_to = uuid4().hex
    channel.queue_bind(answers, RPC_EXCHANGE, reply_to)
    channel.basic_consume(answers, no_ack=True, callback=on_answer)
    return reply_to


def body_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bytes:
    """Return the body of a request.

    Raises:
        UnicodeEncodeError: an argument holds half of a surrogate pair, which is no text.
    """
    return msgspec.json.encode({"args": args, "kwargs": kwargs})


def ask(
    channel: amqp.Channel,
    service: str,
    method: str,
    body: bytes,
    *,
    reply_to: str,
    correlation: str,
    within: float,
    traceparent: str | None = None,
) -> None:
    """Send a request, of which the answer is of use for so many seconds; it may belong to a trace."""
    request = amqp.Message(
        body,
        content_type="application/json",
        content_encoding="utf-8",
        reply_to=reply_to,
        correlation_id=correlation,
        # Nobody waits for the answer to a request that is taken later than this.
        expiration=str(max(int(within * 1000), 1)),
        application_headers={_TRACEPARENT: traceparent} if traceparent else {},
    )
    channel.basic_publish(request, exchange=RPC_EXCHANGE, routing_key=f"{service}.{method}", mandatory=True)


def read_answer(body: bytes) -> Answer:
    """Return an answer as it came. Raises `msgspec.MsgspecError` or UnicodeDecodeError where it is none."""
    return _DECODER.decode(body)


def result(answer: Answer, service: str, method: str) -> Any:
    """Return what a method returned.

    Raises:
        InvalidArgument: the service cannot do anything with an argument.
        RemoteUnavailable: something that the service needs is away.
        RemoteFailed: the service broke down.
    """
    if failure := answer["error"]:
        raise _error(failure, service, method)
    return answer["result"]


def _error(failure: Failure, service: str, method: str) -> InvalidArgument | RemoteUnavailable | RemoteFailed:
    kind = failure["exc_type"]
    match failure:
        case {"exc_path": path, "exc_args": [str(name), str(message)]} if path == _INVALID:
            return InvalidArgument(name, message)
    if is_transient_name(kind):
        return RemoteUnavailable(f"{service}.{method}: {kind}: {failure['value']}")
    return RemoteFailed(service, method, kind)


_DECODER = msgspec.json.Decoder(Answer)
