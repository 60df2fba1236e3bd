"""Traces: events carry the trace that they belong to, and what follows from them carries it on.

That happens always, by copying one attribute, so that others' traces do not end at Wafa. Spans of our own are
made only where the environment says by OpenTelemetry's own variables where they are to be sent; nothing of
OpenTelemetry is imported otherwise (`wafa.runtime.spans` is what imports it).
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Protocol

from wafa.contracts.envelope import Event, event_key
from wafa.contracts.traces import TRACEPARENT, in_trace, is_sampled, trace_id, traceparent_of
from wafa.runtime.policy import Verdict
from wafa.runtime.publisher import Publish

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
#: Key of the configuration of nameko; None where no spans are made.
TRACER = "wafa.tracer"

Attributes = Mapping[str, str | int]


class Kind(StrEnum):
    """What a span is to those around it, by OpenTelemetry's names."""

    SERVER = "server"
    CLIENT = "client"
    CONSUMER = "consumer"


class Span(Protocol):
    """Something that is being done; it is told of when it has ended."""

    @property
    def traceparent(self) -> str:
        """What is to be carried by whatever comes of it."""

    def note(self, attributes: Attributes) -> None:
        """Say more of it; nothing personal."""

    def end(self, error: str | None = None) -> None:
        """End it; `error` is what went wrong, in words that quote nobody."""


class Tracer(Protocol):
    """Makes spans. Nothing that it does raises or waits; safe to share among threads."""

    def begin(
        self, name: str, kind: Kind, parent: str | None, attributes: Attributes, *, since: int | None = None
    ) -> Span:
        """Begin a span below `parent`, a valid `traceparent`; with None a trace begins.

        `since` is when it began (nanoseconds of the epoch), by default now.
        """

    def close(self, within: float) -> None:
        """Send what is left, for so many seconds at most."""


def tracer_of(service: str) -> Tracer | None:
    """Return what makes the spans of a service, None where nothing says that there are to be any.

    Raises:
        SettingsError: a variable leads to a file that is not there.
    """
    if not any(os.environ.get(name) for name in ENDPOINTS) or _disabled():
        return None
    from wafa.runtime.spans import Exporting

    return Exporting(f"wafa-{service}")


def _disabled() -> bool:
    exporters = os.environ.get("OTEL_TRACES_EXPORTER", "otlp").strip().lower()
    return exporters == "none" or os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"


def begun(
    tracer: Tracer | None, name: str, kind: Kind, parent: str | None, attributes: Attributes
) -> Span | None:
    """Begin a span, if there is a tracer and what is done belongs to a trace that is recorded."""
    if tracer is None or parent is None or not is_sampled(parent):
        return None
    return tracer.begin(name, kind, parent, attributes)


class Batch:
    """The events of a batch as a worker gets them: those that are recorded with a span of the worker each.

    `events` are copies where there is a span: they carry the span's context, and so does all that is made of
    them. With `forwarding` they stay as they came: for a worker that hands on the events themselves.
    """

    def __init__(
        self, tracer: Tracer | None, queue: str, events: list[Event], *, forwarding: bool = False
    ) -> None:
        self.events = events
        self._spans: dict[int, Span] = {}
        if tracer is None:
            return
        traced = [(place, parent) for place, parent in _traced(events) if is_sampled(parent)]
        if not traced:
            return
        self._spans = {
            place: tracer.begin(f"process {queue}", Kind.CONSUMER, parent, _about(queue, events[place]))
            for place, parent in traced
        }
        if not forwarding:
            self.events = [*events]
            for place, span in self._spans.items():
                self.events[place] = in_trace(events[place], span.traceparent)

    def end(self, verdicts: Iterable[Verdict] = ()) -> None:
        """End the spans: all was brought to effect but what these verdicts are on."""
        if self._spans:
            failed = {id(one.event): type(one).__name__ for one in verdicts}
            for place, span in self._spans.items():
                span.end(failed.get(id(self.events[place])))

    def fail(self, error: BaseException) -> None:
        """End the spans: nothing came of it."""
        for span in self._spans.values():
            span.end(type(error).__name__)


def _about(queue: str, event: Event) -> Attributes:
    return {
        "messaging.system": "rabbitmq",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": queue,
        "messaging.message.conversation_id": correlation_of(event),
        "cloudevents.event_type": str(event.get("type")),
        "cloudevents.event_id": str(event.get("id")),
        "cloudevents.event_source": str(event.get("source")),
    }


def correlation_of(event: Event) -> str:
    """Return the correlation id of all that follows from an event; empty where it cannot have any."""
    if "correlationid" in event:
        return str(event["correlationid"])
    try:
        return event_key(event)
    except (KeyError, UnicodeEncodeError):
        return ""


def _traced(events: Iterable[Event]) -> list[tuple[int, str]]:
    # Looked up before anything else: of most batches no event has one. What is unchecked may be anything.
    return [
        (place, found)
        for place, event in enumerate(events)
        if isinstance(event, dict) and TRACEPARENT in event and (found := traceparent_of(event))
    ]


class Trail:
    """The traces that a worker works in, found by what its follow-ups say of their cause.

    With `all_in`, everything that has no trace of its own belongs to that one, and what belongs to it already
    follows from this worker.
    """

    def __init__(self, events: Sequence[Event] = (), *, all_in: str | None = None) -> None:
        self._all_in = all_in
        self._by_cause: dict[tuple[str | None, str | None], str] = {}
        self._by_name: dict[str | None, str] = {}
        traced = 0
        for place, found in _traced(events):
            event = events[place]
            cause, correlation = str(event.get("id", "")), correlation_of(event)
            self._by_cause[cause, correlation] = found
            # Neither is unique for itself: an id is within its source only.
            self._by_name |= {name: found for name in (correlation, cause) if name}
            traced += 1
        contexts = [*self._by_cause.values()]
        together = traced == len(events) and len({*map(trace_id, contexts)}) == 1
        self._same = contexts[0] if together else None

    def __bool__(self) -> bool:
        """Tell whether anything is traced."""
        return bool(self._by_cause or self._all_in)

    @property
    def only(self) -> str | None:
        """The trace that everything belongs to which the worker does, if all events are of the same one."""
        return self._all_in or self._same

    def publishing(self, publish: Publish) -> Publish:
        """Return a `publish` for what follows from the events of this trail."""
        return lambda events: publish([self._continued(event) for event in events])

    def _continued(self, event: Event) -> Event:
        if TRACEPARENT in event:
            own = traceparent_of(event)
            nearer = own and self._all_in and trace_id(own) == trace_id(self._all_in)
            return in_trace(event, self._all_in if nearer else None)
        cause, correlation = event.get("causationid"), event.get("correlationid")
        found = (
            self._by_cause.get((cause, correlation))
            or self._by_name.get(cause)
            or self._by_name.get(correlation)
        )
        return in_trace(event, found or self._all_in)
