"""The batch entrypoint: hosts the engine inside nameko.

    @consume("wafa.loyalty")
    def take_in(self, events): ...

The method is called in a worker of its own for each batch of events and returns its verdicts on those that
had no effect. Everything that it was meant to bring about must be durable when it returns: the ack follows.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from eventlet.event import Event as Signal
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import Entrypoint

from wafa.contracts.envelope import MAX_MESSAGE_BYTES, Event
from wafa.contracts.traces import TRACEPARENT
from wafa.runtime.broker import connect
from wafa.runtime.consumer import BatchConsumer
from wafa.runtime.errors import Transient
from wafa.runtime.intake import Intake
from wafa.runtime.permissions import check_may_publish
from wafa.runtime.policy import Verdict
from wafa.runtime.providers import FATAL, READINESS, SETTINGS, SharedPublisher
from wafa.runtime.settings import Settings
from wafa.runtime.topology import EXCHANGES, declare_all, suspects_queue
from wafa.runtime.tracing import TRACER, Trail
from wafa.runtime.transient import TRANSIENT

#: What a message between our own services may hold, which is as much as the broker takes: an event of 1 MiB
#: has grown when it is recorded, up to four times if it is made of numbers (1e15 becomes 1000000000000000.0).
INTERNAL_BYTES = 8 * 1024 * 1024


class BatchEntrypoint(Entrypoint):
    """Consumes a queue of the topology by the batch, on a connection and channel of its own.

    `size` is the most messages in a batch (default: as in the settings); the others are those of `Intake`.
    What the worker publishes and asks of others belongs to the traces of its events.
    """

    shared = SharedPublisher()

    def __init__(
        self,
        queue: str,
        *,
        checked: bool = True,
        last_resort: bool = False,
        max_bytes: int = MAX_MESSAGE_BYTES,
        forwarding: bool = False,
        size: int | None = None,
        **options: Any,
    ) -> None:
        self._queue = queue
        self._intake: dict[str, Any] = {
            "checked": checked,
            "last_resort": last_resort,
            "max_bytes": max_bytes,
            "forwarding": forwarding,
        }
        self._most = size
        super().__init__(expected_exceptions=TRANSIENT, **options)

    def setup(self) -> None:
        """Put the engine together; nothing is consumed yet."""
        settings: Settings = self.container.config[SETTINGS]
        service = self.container.service_name
        intake = Intake(
            service,
            self._queue,
            self._call_service,
            self.shared.publisher,
            size=settings.batch_events,
            tracer=self.container.config.get(TRACER),
            **self._intake,
        )
        size = self._most or settings.batch_events
        self._consumers = [self._consumer(self._queue, intake.take, settings, size=size)]
        if not self._intake["last_resort"]:
            suspects = suspects_queue(self._queue)
            # One message at a time, and none besides: whatever ends the process then is that one.
            self._consumers.append(
                self._consumer(suspects, intake.take_suspects, settings, size=1, prefetch=1)
            )

    def start(self) -> None:
        """Start consuming, once every dependency is ready."""
        self._ended = [
            self.container.spawn_managed_thread(partial(self._run, consumer), identifier=consumer.queue)
            for consumer in self._consumers
        ]

    def stop(self) -> None:
        """Finish the batches in hand, then return."""
        for consumer in self._consumers:
            consumer.stop()
        for ended in self._ended:
            ended.wait()

    def trail(self, worker_ctx: Any) -> Trail:
        """Return the traces that a worker works in; called for what it publishes."""
        [events] = worker_ctx.args
        return Trail(events)

    def _consumer(self, queue: str, take: Any, settings: Settings, **options: Any) -> BatchConsumer:
        consumer = BatchConsumer(
            partial(connect, settings.amqp_uri, name=f"wafa {self.container.service_name} {queue}"),
            queue,
            take,
            declare=_prepare,
            linger=settings.batch_linger,
            **options,
        )
        self.container.config[READINESS].add(queue, lambda: consumer.connected)
        return consumer

    def _run(self, consumer: BatchConsumer) -> None:
        try:
            consumer.run()
        except Exception as error:
            # Not left to nameko: killed by a thread of its own, a container can wait for itself for ever.
            self.container.config[FATAL](error)

    def _call_service(self, events: list[Event]) -> Sequence[Verdict]:
        outcome = Signal()

        def finished(worker_ctx: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
            outcome.send(result, exc_info)
            return result, exc_info

        try:
            only = Trail(events).only
            traced = {TRACEPARENT: only} if only else {}
            self.container.spawn_worker(self, (events,), {}, context_data=traced, handle_result=finished)
        except ContainerBeingKilled as error:
            raise Transient("the service is being stopped") from error
        return outcome.wait() or ()


def _prepare(channel: Any) -> None:
    """Have all that is there before anything is taken: queues, and the right to publish what follows."""
    declare_all(channel)
    check_may_publish(channel.connection, EXCHANGES)


consume = BatchEntrypoint.decorator
