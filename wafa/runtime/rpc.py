"""Calls from service to service: by the batch, with a deadline, and with errors that say what to do.

`rpc` marks a method that may be called, `Remote` gives a service the methods of another one.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import amqp
import eventlet
import kombu.exceptions
import structlog
from amqp.exceptions import AccessRefused, NotAllowed, PreconditionFailed
from amqp.spec import Basic
from kombu.connection import Connection
from kombu.utils.json import JSONEncoder
from nameko.constants import CALL_ID_STACK_CONTEXT_KEY
from nameko.exceptions import RemoteError, UnknownService, UnserializableValueError, serialize
from nameko.extensions import ProviderCollector
from nameko.messaging import QueueConsumer
from nameko.rpc import ReplyListener, Rpc, RpcConsumer, RpcProxy, ServiceProxy, get_rpc_exchange

from wafa.contracts.traces import TRACEPARENT, traceparent_of
from wafa.runtime.errors import InvalidArgument, Misconfigured, RemoteUnavailable
from wafa.runtime.permissions import check_may_publish
from wafa.runtime.providers import FATAL, READINESS, SETTINGS
from wafa.runtime.tracing import TRACER, Kind, Span, Trail, begun
from wafa.runtime.transient import is_transient_name

log = structlog.get_logger(__name__)

#: Seconds that a broker gets to confirm that we listen no longer.
PARTING = 3


class TolerantConsumer(QueueConsumer):
    """The connection for requests and answers, as it has to be to run for months.

    What is no request is dropped: nameko would die of it, and of the same message again after each restart.
    A broker that comes back is met within seconds, where kombu would wait for up to 30. And a queue that we
    may not use ends the process, where nameko would try again for ever. A stop does not wait for a broker
    that is away, where nameko would wait until it is back.
    """

    _connected = False
    _listening = False

    def setup(self) -> None:
        """Let the process be ready only while we listen; called by nameko."""
        self.container.config[READINESS].add("requests", lambda: self._listening)

    def on_consume_ready(self, *args: Any, **kwargs: Any) -> None:
        """Note that we listen; called by kombu."""
        self._listening = True
        super().on_consume_ready(*args, **kwargs)

    @contextmanager
    def establish_connection(self) -> Iterator[Connection]:
        """Connect, however long that takes; called by kombu."""
        connection = self.create_connection()
        try:
            connection.ensure_connection(self._put_off, interval_start=0.5, interval_step=0.5, interval_max=3)
        except (AccessRefused, NotAllowed) as error:
            # Kombu does not take this for a connection that failed, and would raise it to nobody.
            self._give_up(f"the broker does not let us in: {error}")
            raise
        try:
            self._connected = True
            yield connection
        finally:
            self._connected = self._listening = False
            # Not `close`, which waits for the broker's answer.
            connection.collect()

    def unregister_provider(self, provider: Any) -> None:
        """Listen for it no longer; called by nameko, before it waits for the workers."""
        if self._connected:
            with eventlet.Timeout(PARTING, False):
                super().unregister_provider(provider)
                return
        # The broker is away, or does not answer.
        self._connected = False
        ProviderCollector.unregister_provider(self, provider)

    def on_iteration(self) -> None:
        """Listen no longer for whoever asked for that; called by kombu again and again.

        nameko would end the connection with the last of them, and over it goes the answer to what is in hand.
        """
        self._cancel_consumers_if_requested()

    def stop(self) -> None:
        """End the connection; called by nameko when everybody is unregistered and every worker is done."""
        if self._connected:
            # Who listens for answers is stopped at the same time; to let go of it takes a turn of our loop.
            with eventlet.Timeout(PARTING, False):
                self.wait_for_providers()
        self.should_stop = True
        if self._gt is not None:
            self._gt.kill()

    def consume(self, *args: Any, **kwargs: Any) -> Iterator[None]:
        """Consume until the connection breaks; called by kombu."""
        try:
            yield from super().consume(*args, **kwargs)
        except (PreconditionFailed, AccessRefused, NotAllowed) as error:
            self._give_up(f"cannot listen for requests: {error}")
            raise

    def _give_up(self, why: str) -> None:
        self.container.config[FATAL](Misconfigured(why))

    def _put_off(self, error: Exception, interval: float) -> None:
        # The broker answers so when it does not let us in: it will not the next time either.
        if isinstance(error, AccessRefused | NotAllowed):
            self._give_up(f"the broker does not let us in: {error}")
        log.warning("broker away, trying again", error=str(error), delay=interval)

    def get_consumers(self, consumer_cls: Any, channel: Any) -> Any:
        """Return the consumers; called by kombu for each new connection."""
        consumers = super().get_consumers(consumer_cls, channel)
        check_may_publish(channel.connection, [get_rpc_exchange(self.container.config).name])
        for consumer in consumers:
            consumer.on_decode_error = self._drop
        return consumers

    def _drop(self, message: Any, error: Exception) -> None:
        log.warning("request dropped, it cannot be read", error=type(error).__name__)
        message.ack()


class Requests(RpcConsumer):
    """The requests to a service. One that says not where its answer should go is dropped.

    Their queue goes with the node of the broker that it is on, and is declared anew on another one. nameko's
    own would outlast that node, and while it is down no other one lets anybody listen.
    """

    queue_consumer = TolerantConsumer()

    def setup(self) -> None:
        """Describe the queue before nameko declares it; called by nameko."""
        super().setup()
        self.queue.durable = False

    def handle_message(self, body: Any, message: Any) -> None:
        """Take a request; called by nameko for each message that can be read."""
        if isinstance(message.properties.get("reply_to"), str):
            super().handle_message(body, message)
        else:
            log.warning("request dropped, nobody waits for the answer")
            self.queue_consumer.ack_message(message)

    def handle_result(self, message: Any, result: Any, exc_info: Any) -> Any:
        """Send an answer; called by nameko in the worker, which must not die because the broker is away.

        It goes back over the channel that the request came by, and before the acknowledgement: the broker
        takes what one channel says in order, so no request is done with whose answer it has not got.
        """
        try:
            exc_info = _answer(message, get_rpc_exchange(self.container.config).name, result, exc_info)
            self.queue_consumer.ack_message(message)
        except Exception as error:
            log.warning("answer lost, it could not be sent", error=str(error))
        return result, exc_info


def _answer(request: Any, exchange: str, result: Any, exc_info: Any) -> Any:
    """Send what a method returned or raised; return what it raised, or why its result cannot be sent."""
    try:
        body = _encoded(result, exc_info[1] if exc_info else None)
    except Exception:
        exc_info = sys.exc_info()
        body = _encoded(None, UnserializableValueError(result))
    answer = amqp.Message(
        body,
        content_type="application/json",
        content_encoding="utf-8",
        correlation_id=request.properties.get("correlation_id"),
    )
    # Not `basic_publish`, which would first read from the connection: another greenlet waits there already.
    to = (0, exchange, request.properties["reply_to"], False, False)
    request.channel.send_method(Basic.Publish, "Bssbb", to, answer)
    return exc_info


def _encoded(result: Any, error: BaseException | None) -> str:
    answer = {"result": result, "error": serialize(error) if error else None}
    return json.dumps(answer, cls=JSONEncoder)


class Answering(Rpc):
    """nameko's RPC entrypoint, on requests that it can survive; those of a trace have a span."""

    rpc_consumer = Requests()

    def __init__(self, **options: Any) -> None:
        # What is wrong with an argument is told to who gave it; it is no fault that the log has to show.
        super().__init__(expected_exceptions=InvalidArgument, **options)
        # By the id of its message, which lives until it is answered.
        self._spans: dict[int, Span] = {}

    def unpack_message_headers(self, message: Any) -> dict[str, Any]:
        """Return who called whom and in which trace, if it is told in good order; called by nameko.

        Other headers mean nothing to us. Of such a list that is none, nameko would die in the worker, before
        the request is acknowledged, and of the same one again after each restart.
        """
        told = super().unpack_message_headers(message)
        callers = told.get(CALL_ID_STACK_CONTEXT_KEY)
        if not (isinstance(callers, list) and all(isinstance(one, str) for one in callers)):
            callers = None
        believed = {CALL_ID_STACK_CONTEXT_KEY: callers, TRACEPARENT: self._traced(message, told)}
        return {name: value for name, value in believed.items() if value is not None}

    def handle_result(self, message: Any, worker_ctx: Any, result: Any, exc_info: Any) -> Any:
        """Send the answer, and end the span of the request; called by nameko in the worker."""
        if span := self._spans.pop(id(message), None):
            span.end(exc_info[0].__name__ if exc_info else None)
        return super().handle_result(message, worker_ctx, result, exc_info)

    def trail(self, worker_ctx: Any) -> Trail:
        """Return the trace that a worker works in; called for what it publishes."""
        return Trail(all_in=worker_ctx.data.get(TRACEPARENT))

    def _traced(self, message: Any, told: dict[str, Any]) -> str | None:
        asked, tracer = traceparent_of(told), self.container.config.get(TRACER)
        service, method = self.container.service_name, self.method_name
        about = {"rpc.system": "nameko", "rpc.service": service, "rpc.method": method}
        span = begun(tracer, f"{service}/{method}", Kind.SERVER, asked, about)
        if span is None:
            return asked
        self._spans[id(message)] = span
        return span.traceparent


rpc = Answering.decorator


class Replies(ReplyListener):
    """The answers to our own requests, on the same connection.

    Their queue is the connection's own, and so always on the node that the connection leads to.
    """

    queue_consumer = TolerantConsumer()

    def setup(self) -> None:
        """Describe the queue before nameko declares it; called by nameko."""
        super().setup()
        # Without a name, the broker gives it a new one for each connection.
        self.queue.name, self.queue.queue_arguments = "", None
        self.queue.durable, self.queue.exclusive = False, True


class Remote(RpcProxy):
    """Gives a service `remote.method(...)` of another one; no answer in time raises `RemoteUnavailable`."""

    rpc_reply_listener = Replies()

    def get_dependency(self, worker_ctx: Any) -> "RemoteService":
        """Return the callable service."""
        deadline = self.container.config[SETTINGS].rpc_timeout
        # Nobody waits for the answer to a request that is taken later than this.
        proxy = ServiceProxy(worker_ctx, self.target_service, self.rpc_reply_listener, expiration=deadline)
        return RemoteService(proxy, self.target_service, deadline)


class RemoteService:
    """The methods of another service, each with the deadline (in seconds)."""

    def __init__(self, proxy: Any, name: str, deadline: float) -> None:
        self._proxy = proxy
        self._name = name
        self._deadline = deadline

    def __getattr__(self, method: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            try:
                with eventlet.Timeout(
                    self._deadline, RemoteUnavailable(f"{self._name}.{method}: no answer in time")
                ):
                    return getattr(self._proxy, method)(*args, **kwargs)
            except kombu.exceptions.OperationalError as error:
                raise RemoteUnavailable(f"{self._name}.{method}: the broker is away") from error
            except UnknownService as error:
                raise RemoteUnavailable(f"{self._name} has never been started here") from error
            except RemoteError as error:
                # nameko carries the class of an error only by its name.
                if is_transient_name(error.exc_type):
                    raise RemoteUnavailable(f"{self._name}.{method}: {error}") from error
                raise

        return call
