"""What is said of every request: its id, a line in the log, figures, and a span of the trace it belongs to.

An `X-Request-Id` that comes with a request is taken over when it looks sane, otherwise one is made. It is in
the answer, in every line of the log and in the audit log. Lines name the route, never the path or the query:
these may hold addresses and telephone numbers.
"""

import re
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import structlog
from flask import Flask, Request, request
from prometheus_client import Counter, Gauge, Histogram
from werkzeug.wsgi import ClosingIterator

from wafa.contracts.traces import TRACEPARENT, is_sampled, trace_id, traceparent_of
from wafa.runtime.tracing import Kind, Span, Tracer

log = structlog.get_logger(__name__)

HEADER = "X-Request-Id"
_SANE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
_NUMBER = re.compile(r"[0-9.-]+")
_SEEN = "wafa.seen"
#: Asked every few seconds by who watches over us; that is nothing to be told.
_PROBES = {"/healthz", "/readyz", "/metrics"}

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
REQUESTS = Counter("wafa_http_requests_total", "Requests answered", ["door", "status"])
SECONDS = Histogram(
    "wafa_http_request_seconds",
    "From the head of a request to the last byte of its answer",
    ["door"],
    buckets=_SECONDS,
)
IN_FLIGHT = Gauge(
    "wafa_http_requests_in_flight", "Requests that are being answered", multiprocess_mode="livesum"
)


@dataclass(slots=True)
class Seen:
    """What is known of a request; `key` is the prefix of the key that it came with.

    `traceparent` is what is to be carried by whatever comes of it, None where it is in no trace. `began` is
    in nanoseconds of the epoch.
    """

    request_id: str
    began: int
    door: str = "none"
    route: str = ""
    key: str | None = None
    status: str = "500"
    traceparent: str | None = None
    span: Span | None = None


def seen() -> Seen:
    """Return what is known of the request in hand."""
    return cast(Seen, request.environ[_SEEN])


def trace_in_hand() -> str | None:
    """Return the `traceparent` for whatever comes of the request in hand, None where it is in no trace."""
    known: Seen | None = request.environ.get(_SEEN)
    return known.traceparent if known else None


def observe(app: Flask, tracer: Callable[[], Tracer | None] = lambda: None) -> None:
    """Let every request to an application leave its traces; `tracer` is asked for at each."""
    app.before_request(partial(_note_route, tracer))
    app.wsgi_app = _Observer(app.wsgi_app)  # type: ignore[method-assign]


def sane_id(text: str | None) -> str:
    """Return the id that a request came with, or a new one."""
    fine = text and _SANE.fullmatch(text) and not _NUMBER.fullmatch(text)
    return str(text) if fine else uuid.uuid4().hex


def _note_route(tracer: Callable[[], Tracer | None]) -> None:
    if request.url_rule is not None:
        known = seen()
        known.door, known.route = str(request.endpoint), request.url_rule.rule
        if known.route not in _PROBES:
            _enter_trace(known, tracer())


def _enter_trace(known: Seen, tracer: Tracer | None) -> None:
    """Go on with the trace of whoever asks, or begin one where spans are made."""
    known.traceparent = traceparent_of({TRACEPARENT: request.headers.get(TRACEPARENT)})
    if tracer:
        about = {"http.request.method": request.method, "http.route": known.route}
        about["wafa.request_id"] = known.request_id
        name = f"{request.method} {known.route}"
        known.span = tracer.begin(name, Kind.SERVER, known.traceparent, about, since=known.began)
        if known.traceparent or is_sampled(known.span.traceparent):
            known.traceparent = known.span.traceparent
    if known.traceparent:
        structlog.contextvars.bind_contextvars(trace_id=trace_id(known.traceparent))


class _Observer:
    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        began = time.perf_counter()
        known = environ[_SEEN] = Seen(sane_id(environ.get("HTTP_X_REQUEST_ID")), time.time_ns())
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=known.request_id)

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            known.status = status[:3]
            return start_response(status, [*headers, (HEADER, known.request_id)], *more)

        def done() -> None:
            _tell(known, Request(environ).method, time.perf_counter() - began)

        IN_FLIGHT.inc()
        try:
            return ClosingIterator(self._app(environ, start), [IN_FLIGHT.dec, done])
        except BaseException:
            IN_FLIGHT.dec()
            done()
            raise


def _tell(known: Seen, method: str, seconds: float) -> None:
    REQUESTS.labels(known.door, known.status).inc()
    SECONDS.labels(known.door).observe(seconds)
    say = log.debug if known.route in _PROBES else log.info
    say(
        "answered",
        method=method,
        route=known.route,
        status=int(known.status),
        ms=round(seconds * 1000, 1),
        key=known.key,
    )
    if known.span:
        known.span.note({"http.response.status_code": int(known.status)})
        known.span.end(known.status if known.status >= "500" else None)
    structlog.contextvars.clear_contextvars()
