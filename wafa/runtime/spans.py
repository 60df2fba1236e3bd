"""Spans by OpenTelemetry's SDK, sent by OTLP over HTTP. To be imported only where they are to be sent.

They are collected in memory, a bounded number of them, and sent from a thread of their own: a collector that
is slow or away costs spans, and nothing else. Everything can be set by OpenTelemetry's own variables, and
what the collector asks for by a file, because it may be a secret.
"""

import logging
import os
import threading
import time

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span as SdkSpan
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.re import parse_env_headers

from wafa import __version__
from wafa.contracts.traces import TRACEPARENT
from wafa.runtime.settings import variable
from wafa.runtime.tracing import Attributes, Kind

HEADERS, HEADERS_OF_TRACES = "OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"
#: Seconds between two lines about spans that cannot be sent.
SAID_EVERY = 60
_CHATTY = ("opentelemetry.exporter.otlp.proto.http.trace_exporter", "opentelemetry.sdk._shared_internal")

_W3C = TraceContextTextMapPropagator()
_KINDS = {Kind.SERVER: SpanKind.SERVER, Kind.CLIENT: SpanKind.CLIENT, Kind.CONSUMER: SpanKind.CONSUMER}


class Exporting:
    """The spans of a process. Implements `wafa.runtime.tracing.Tracer`."""

    def __init__(self, service: str) -> None:
        """Begin; nothing is sent yet. `service` gives way to OTEL_SERVICE_NAME.

        Raises:
            SettingsError: the file for `HEADERS` is not there.
        """
        # Those for traces alone go before.
        specific = os.environ.get(HEADERS_OF_TRACES)
        headers = None if specific else parse_env_headers(variable(HEADERS), liberal=True)
        for name in _CHATTY:
            logging.getLogger(name).addFilter(_Calm())
        named = {"service.version": __version__}
        if not os.environ.get("OTEL_SERVICE_NAME"):
            named["service.name"] = service
        # Not at exit: the interpreter would wait there for a collector that is away.
        self._provider = TracerProvider(resource=Resource.create(named), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(headers=headers)))
        self._tracer = self._provider.get_tracer("wafa", __version__)

    def begin(
        self, name: str, kind: Kind, parent: str | None, attributes: Attributes, *, since: int | None = None
    ) -> "Exported":
        """Begin a span; see `Tracer.begin`."""
        above = _W3C.extract({TRACEPARENT: parent} if parent else {}, Context())
        span = self._tracer.start_span(name, above, _KINDS[kind], dict(attributes), start_time=since)
        return Exported(span)

    def close(self, within: float) -> None:
        """Send what is left, for so many seconds at most."""
        ending = threading.Thread(target=self._provider.shutdown, name="last spans", daemon=True)
        ending.start()
        ending.join(within)


class Exported:
    """A span. Implements `wafa.runtime.tracing.Span`."""

    def __init__(self, span: SdkSpan) -> None:
        self._span = span
        context = span.get_span_context()
        #: As W3C writes it.
        self.traceparent = f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"

    def note(self, attributes: Attributes) -> None:
        """Say more of it; nothing personal."""
        self._span.set_attributes(dict(attributes))

    def end(self, error: str | None = None) -> None:
        """End it; `error` is what went wrong, in words that quote nobody."""
        if error is not None:
            self._span.set_attribute("error.type", error)
            self._span.set_status(Status(StatusCode.ERROR, error))
        self._span.end()


class _Calm(logging.Filter):
    """Lets one line pass in a while, and as a warning: nobody has to get up for spans that are lost."""

    def __init__(self) -> None:
        super().__init__()
        self._next = 0.0

    def filter(self, record: logging.LogRecord) -> bool:
        moment = time.monotonic()
        if moment < self._next:
            return False
        self._next = moment + SAID_EVERY
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        return True
