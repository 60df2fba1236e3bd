"""What is left of a batch: events that had no effect, on their way to quarantine or to a delay queue."""

import logging
from collections.abc import Iterable
from typing import Any, NamedTuple

import structlog

from wafa.contracts.envelope import Event
from wafa.contracts.errors import Problem
from wafa.contracts.traces import trace_id, traceparent_of
from wafa.runtime import metrics
from wafa.runtime.clock import now
from wafa.runtime.policy import Failure, decide
from wafa.runtime.publisher import Publisher
from wafa.runtime.quarantine import Rejected, rejection_messages
from wafa.runtime.retrying import Arrival, postponed
from wafa.runtime.tracing import correlation_of

log = structlog.get_logger(__name__)


class Arrived(NamedTuple):
    """An event and how it arrived."""

    event: Event
    by: Arrival


class Leftovers:
    """Collects them while the batch is worked on; `send` comes last, before the ack."""

    def __init__(self, service: str, queue: str) -> None:
        self._service = service
        self._queue = queue
        self._rejected: list[Rejected] = []
        self._put_off: list[tuple[Arrived, int]] = []

    def fail(self, one: Arrived, failure: Failure) -> Arrived | None:
        """Note that an attempt failed; return the event if it is to be tried again at once."""
        by = one.by.after(failure, now())
        decision = decide(failure, len(by.attempts))
        if isinstance(decision, Problem):
            self.reject(by, one.event, decision)
        elif decision.after:
            self._put_off.append((Arrived(one.event, by), decision.after))
        else:
            return Arrived(one.event, by)
        return None

    def reject(self, by: Arrival, event: Any, problem: Problem) -> None:
        """Note that something goes to quarantine: an event, or a whole message (`None`)."""
        self._rejected.append(Rejected(by.delivery, problem, event, by.attempts))

    def send(self, publisher: Publisher) -> None:
        """Send everything, and wait until the broker has confirmed it."""
        messages = [*rejection_messages(self._service, self._rejected, now())]
        messages += [postponed(self._queue, one.by, one.event, seconds) for one, seconds in self._put_off]
        if messages:
            publisher.send(messages)
        for rejected in self._rejected:
            metrics.REFUSED.labels(self._queue, rejected.problem.reason).inc()
            told = {
                "reason": rejected.problem.reason,
                "path": rejected.problem.path,
                **names_of(rejected.event),
            }
            log.warning("event refused", queue=self._queue, **told)
        for one, seconds in self._put_off:
            metrics.POSTPONED.labels(self._queue).inc()
            log.warning("event put off", queue=self._queue, seconds=seconds, **names_of(one.event))


def names_of(event: Any) -> dict[str, Any]:
    """Return the ids by which a line in the log is joined with others."""
    if not isinstance(event, dict):
        return {}
    data = event.get("data")
    ids = {
        "event_id": event.get("id"),
        "event_type": event.get("type"),
        "correlation_id": correlation_of(event),
        "customer_id": data.get("customer_id") if isinstance(data, dict) else None,
        "trace_id": trace_id(traceparent) if (traceparent := traceparent_of(event)) else None,
    }
    return {name: id for name, id in ids.items() if id}


def log_told(to: Any, events: Iterable[Event], said: str = "told", **more: str) -> None:
    """Say of each event that it was published or taken, where somebody wants to follow them."""
    if logging.getLogger(__name__).isEnabledFor(logging.DEBUG):
        for event in events:
            to.debug(said, **more, **names_of(event))
