"""A collector of traces: takes what OpenTelemetry's exporter sends over HTTP, and keeps the spans."""

import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Seen:
    """A span as it was told; ids in hexadecimal, `parent` empty where a trace begins."""

    service: str
    name: str
    kind: int
    trace: str
    id: str
    parent: str
    attributes: dict[str, Any]
    failed: bool


class Collector:
    """Listens on a port of its own; a context manager. `headers` came with the requests."""

    def __init__(self) -> None:
        self._spans: list[Seen] = []
        self.headers: dict[str, str] = {}
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                collector._spans += read(body)
                collector.headers |= {name.lower(): value for name, value in self.headers.items()}
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def spans(self, trace: str | None = None) -> list[Seen]:
        """Return the spans of a trace, or all."""
        return [one for one in [*self._spans] if trace in (None, one.trace)]


def read(body: bytes) -> list[Seen]:
    """Return the spans in the body of a request."""
    request = ExportTraceServiceRequest.FromString(body)
    found = []
    for of in request.resource_spans:
        named = {one.key: one.value.string_value for one in of.resource.attributes}
        for scope in of.scope_spans:
            found += [
                Seen(
                    named["service.name"],
                    span.name,
                    span.kind,
                    span.trace_id.hex(),
                    span.span_id.hex(),
                    span.parent_span_id.hex(),
                    {one.key: one.value.string_value or one.value.int_value for one in span.attributes},
                    span.status.code == span.status.STATUS_CODE_ERROR,
                )
                for span in scope.spans
            ]
    return found
