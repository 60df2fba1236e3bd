"""From deliveries to effects: read, check, hand over by the batch, send away what had none.

Sits between the engine, which knows deliveries, and a service's handlers, which know events. One bad event
never affects the others: an unexpected error makes the batch be taken again event by event, so that the
event which causes it is found and its neighbours are applied. What becomes of it then, `policy` decides.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import structlog

from wafa.contracts.envelope import MAX_MESSAGE_BYTES, Event, decode
from wafa.contracts.errors import Problem, Unreadable
from wafa.contracts.validation import check
from wafa.runtime import metrics
from wafa.runtime.clock import now
from wafa.runtime.consumer import Delivery
from wafa.runtime.errors import Transient
from wafa.runtime.leftovers import Arrived, Leftovers, log_told, names_of
from wafa.runtime.logs import withheld
from wafa.runtime.policy import Verdict, told
from wafa.runtime.publisher import Message, Publisher
from wafa.runtime.retrying import arrival, set_apart, taken_apart
from wafa.runtime.topology import DEAD, RETRY
from wafa.runtime.tracing import Batch, Tracer
from wafa.runtime.transient import is_transient

log = structlog.get_logger(__name__)

Handle = Callable[[list[Event]], Sequence[Verdict]]

#: From this try on a batch that fails because something is away is tried event by event: perhaps it is away
#: for one of them only. By then several seconds have passed.
STUCK = 6
#: So many that fail in a row, and none that passes: it is not the events.
OUTAGE = 3
#: So often an event may end the process that took it alone, before it is taken for the cause.
DEADLY = 4


class Intake:
    """What one queue's deliveries go through. `handle` gets at most `size` events at a time.

    With `checked=False` the content is taken as it is: for what only Wafa's own services can write.
    With `last_resort` an event that breaks the handler waits: that is for the queue of the quarantine itself,
    which would otherwise feed on its own failures for ever. With a `tracer`, what is traced has a span for
    each attempt; `forwarding`: see `Batch`.
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
        tracer: Tracer | None = None,
        forwarding: bool = False,
    ) -> None:
        self._service = service
        self._queue = queue
        self._handle = handle
        self._publisher = publisher
        self._size = size
        self._checked = checked
        self._last_resort = last_resort
        self._max_bytes = max_bytes
        self._tracer = tracer
        self._forwarding = forwarding

    def take(self, deliveries: Sequence[Delivery], tries: int = 1) -> None:
        """Bring about every effect of the deliveries; afterwards they may be acknowledged.

        `tries` counts from 1 how often these deliveries are taken because something was away.

        Raises:
            one of `TRANSIENT`: something is away; take the same deliveries again.
        """
        if deliveries[0].suspicious and not self._last_resort:
            self._set_apart([set_apart(self._queue, arrival(one)) for one in deliveries])
            return
        left = Leftovers(self._service, self._queue)
        accepted = list(self._read(deliveries, left))
        for start in range(0, len(accepted), self._size):
            part = accepted[start : start + self._size]
            if tries < STUCK or self._last_resort:
                self._apply(part, left)
            else:
                self._probe(part, left)
        left.send(self._publisher)
        metrics.EVENTS.labels(self._queue).inc(len(accepted))
        metrics.BATCH_EVENTS.labels(self._queue).observe(len(accepted))

    def take_suspects(self, deliveries: Sequence[Delivery], tries: int = 1) -> None:
        """Do as `take`, with one delivery that may be what ended a process; nothing else must be in hand."""
        [suspect] = deliveries
        by = arrival(suspect)
        if suspect.returned >= DEADLY:
            words = f"the process ended {suspect.returned} times while it had this event alone in hand"
            left = Leftovers(self._service, self._queue)
            left.reject(by, None, Problem("killed_process", "", words))
            left.send(self._publisher)
        elif suspect.returned and len(parts := taken_apart(self._queue, by, self._max_bytes)) > 1:
            self._set_apart(parts)
        else:
            # Put off, not kept, when something is away: in hand meanwhile, it would be blamed for that.
            self.take([replace(suspect, returned=0)], STUCK)

    def _set_apart(self, messages: Sequence[Message]) -> None:
        log.warning("a process ended with these in hand", queue=self._queue, messages=len(messages))
        metrics.SET_APART.labels(self._queue).inc(len(messages))
        self._publisher.send(messages)

    def _read(self, deliveries: Sequence[Delivery], left: Leftovers) -> Iterator[Arrived]:
        moment = now()
        for delivery in deliveries:
            by = arrival(delivery)
            if self._last_resort and delivery.exchange in (DEAD, RETRY):
                left.reject(by, None, Problem("delivery_limit", "", "the broker found nobody to take it"))
                continue
            try:
                content = decode(delivery.body, delivery.content_type, max_bytes=self._max_bytes)
            except Unreadable as error:
                left.reject(by, None, error.problem)
                continue
            for event in content:
                problem = (check(event, moment) or _misrouted(event, by.delivery)) if self._checked else None
                if problem is None:
                    yield Arrived(event, by)
                else:
                    left.reject(by, event, problem)

    def _apply(self, arrived: Sequence[Arrived], left: Leftovers) -> None:
        try:
            self._apply_together(arrived, left)
        except Exception as error:
            if is_transient(error):
                raise
            if self._last_resort:
                log.error("nothing can be quarantined", queue=self._queue, exc_info=withheld(error))
                raise Transient(f"what {self._queue} holds cannot be handled: {told(error)}") from error
            log.warning("batch failed, taking its events one by one", queue=self._queue, error=told(error))
            for one in arrived:
                self._apply_alone(one, left)

    def _apply_together(self, arrived: Sequence[Arrived], left: Leftovers) -> None:
        for one, verdict in self._handled(arrived):
            left.fail(one, verdict)

    def _apply_alone(self, one: Arrived, left: Leftovers) -> None:
        """Apply an event, once more if need be, and give it up for now if it cannot be."""
        try:
            verdicts = self._handled([one])
        except Exception as error:
            if is_transient(error):
                raise
            told_of = {"queue": self._queue, **names_of(one.event)}
            log.error("event cannot be processed", exc_info=withheld(error), **told_of)
            if again := left.fail(one, error):
                self._apply_alone(again, left)
            return
        for _, verdict in verdicts:
            left.fail(one, verdict)

    def _handled(self, arrived: Sequence[Arrived]) -> list[tuple[Arrived, Verdict]]:
        """Let the handler take events; return what had no effect, as it arrived."""
        events = [one.event for one in arrived]
        batch = Batch(self._tracer, self._queue, events, forwarding=self._forwarding)
        try:
            verdicts = self._handle(batch.events)
        except BaseException as error:
            batch.fail(error)
            raise
        batch.end(verdicts)
        log_told(log, events, "taken", queue=self._queue)
        if not verdicts:
            return []
        by = {id(given): one for given, one in zip(batch.events, arrived, strict=True)}
        return [(by[id(verdict.event)], verdict) for verdict in verdicts]

    def _probe(self, arrived: Sequence[Arrived], left: Leftovers) -> None:
        """Apply all together if that works now, or else event by event; put off what something is away for.

        Raises:
            one of `TRANSIENT`: it is away for all of them; nothing was put off.
        """
        with suppress(Exception):
            # An innocent suspect can hold hundreds of events: one by one it would take minutes.
            return self._apply_together(arrived, left)
        stuck: list[tuple[Arrived, Exception]] = []
        for place, one in enumerate(arrived, 1):
            try:
                self._apply([one], left)
            except Exception as error:
                stuck.append((one, error))
                if len(stuck) == place == OUTAGE:
                    raise
        for one, trouble in stuck:
            left.fail(one, trouble)


def _misrouted(event: dict[str, Any], delivery: Delivery) -> Problem | None:
    """A routing key that is not the event's type sends it past some of the services that should see it."""
    if delivery.routing_key == event["type"]:
        return None
    return Problem(
        "wrong_routing_key", "type", f"the routing key must be the event's type, not {delivery.routing_key!r}"
    )
