"""From deliveries to effects: read, check, hand over by the batch, quarantine what was refused.

Sits between the engine, which knows deliveries, and a service's handlers, which know events. One bad event
never affects the others: an unexpected error makes the batch be taken again event by event, so that the
event which causes it is found and its neighbours are applied.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import structlog

from wafa.contracts.envelope import MAX_MESSAGE_BYTES, Event, decode
from wafa.contracts.errors import Problem, Unreadable
from wafa.contracts.validation import check
from wafa.runtime import metrics
from wafa.runtime.clock import now
from wafa.runtime.consumer import Delivery
from wafa.runtime.errors import Transient
from wafa.runtime.publisher import Publisher
from wafa.runtime.quarantine import Rejected, rejection_messages
from wafa.runtime.refusal import Refusal
from wafa.runtime.transient import is_transient

log = structlog.get_logger(__name__)

Handle = Callable[[list[Event]], Sequence[Refusal]]


class Intake:
    """What one queue's deliveries go through. `handle` gets at most `size` events at a time.

    With `checked=False` the content is taken as it is: for what only Wafa's own services can write.
    With `last_resort` an event that breaks the handler waits: that is for the queue of the quarantine itself,
    which would otherwise feed on its own failures for ever.
    """

    def __init__(
        self,
        service: str,
        queue: str,
        handle: Handle,
        publisher: Publisher,
        *,
        size: int = 500,
        checked: bool = True,
        last_resort: bool = False,
        max_bytes: int = MAX_MESSAGE_BYTES,
    ) -> None:
        self._service = service
        self._queue = queue
        self._handle = handle
        self._publisher = publisher
        self._size = size
        self._checked = checked
        self._last_resort = last_resort
        self._max_bytes = max_bytes

    def take(self, deliveries: Sequence[Delivery]) -> None:
        """Bring about every effect of the deliveries; afterwards they may be acknowledged.

        Raises:
            one of `TRANSIENT`: something is away; take the same deliveries again.
        """
        rejected: list[Rejected] = []
        accepted = list(self._read(deliveries, rejected))
        for start in range(0, len(accepted), self._size):
            self._apply(accepted[start : start + self._size], rejected)
        if rejected:
            self._quarantine(rejected)
        metrics.EVENTS.labels(self._queue).inc(len(accepted))
        metrics.BATCH_EVENTS.labels(self._queue).observe(len(accepted))

    def _read(
        self, deliveries: Sequence[Delivery], rejected: list[Rejected]
    ) -> Iterator[tuple[Event, Delivery]]:
        moment = now()
        for delivery in deliveries:
            try:
                content = decode(delivery.body, delivery.content_type, max_bytes=self._max_bytes)
            except Unreadable as error:
                rejected.append(Rejected(delivery, error.problem))
                continue
            for event in content:
                problem = (check(event, moment) or _misrouted(event, delivery)) if self._checked else None
                if problem is None:
                    yield event, delivery
                else:
                    rejected.append(Rejected(delivery, problem, event))

    def _apply(self, accepted: list[tuple[Event, Delivery]], rejected: list[Rejected]) -> None:
        try:
            refusals = self._handle([event for event, _ in accepted])
        except Exception as error:
            if is_transient(error):
                raise
            if self._last_resort:
                raise Transient(f"what {self._queue} holds cannot be handled: {error}") from error
            self._find_the_cause(accepted, error, rejected)
            return
        if refusals:
            origin = {id(event): delivery for event, delivery in accepted}
            rejected += [Rejected(origin[id(one.event)], one.problem, one.event) for one in refusals]

    def _find_the_cause(
        self, accepted: list[tuple[Event, Delivery]], error: Exception, rejected: list[Rejected]
    ) -> None:
        if len(accepted) > 1:
            log.warning("batch failed, taking its events one by one", queue=self._queue, error=str(error))
            for one in accepted:
                self._apply([one], rejected)
            return
        [(event, delivery)] = accepted
        log.error("event cannot be processed", queue=self._queue, exc_info=error, **_names(event))
        # Not what the error says: that may be what is in the event, and everybody may hear of a refusal.
        problem = Problem("processing_failed", "", f"{type(error).__name__}; the log has the details")
        rejected.append(Rejected(delivery, problem, event))

    def _quarantine(self, rejected: Sequence[Rejected]) -> None:
        self._publisher.send([*rejection_messages(self._service, rejected, now())])
        for one in rejected:
            metrics.REFUSED.labels(self._queue, one.problem.reason).inc()
            told = {"reason": one.problem.reason, "path": one.problem.path, **_names(one.event)}
            log.warning("event refused", queue=self._queue, **told)


def _names(event: Any) -> dict[str, Any]:
    """Return the ids by which a line in the log is joined with others."""
    if not isinstance(event, dict):
        return {}
    data = event.get("data")
    ids = {
        "event_id": event.get("id"),
        "correlation_id": event.get("correlationid"),
        "customer_id": data.get("customer_id") if isinstance(data, dict) else None,
    }
    return {name: id for name, id in ids.items() if id is not None}


def _misrouted(event: dict[str, Any], delivery: Delivery) -> Problem | None:
    """A routing key that is not the event's type sends it past some of the services that should see it."""
    if delivery.routing_key == event["type"]:
        return None
    return Problem(
        "wrong_routing_key", "type", f"the routing key must be the event's type, not {delivery.routing_key!r}"
    )
