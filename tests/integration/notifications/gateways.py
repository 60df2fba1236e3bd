"""A gateway for SMS and WhatsApp to call: a real HTTP server that answers what it is told to."""

import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import msgspec

from wafa.stack.ports import LOOPBACK

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass(frozen=True, slots=True)
class Call:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def content(self) -> Any:
        return msgspec.json.decode(self.body)


@dataclass
class Gateway:
    """Answers every call with `status`, `headers` and `body`, or by `answer`; remembers all of them."""

    status: int = 202
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"{}"
    answer: Callable[[BaseHTTPRequestHandler], None] | None = None
    context: ssl.SSLContext | None = None
    calls: list[Call] = field(default_factory=list)
    connections: int = 0

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self) -> None:
        self._server = _Server((LOOPBACK, 0), _handler(self))
        if self.context:
            self._server.socket = self.context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def url(self, host: str = LOOPBACK) -> str:
        return f"{'https' if self.context else 'http'}://{host}:{self.port}/send?to=us"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    # A handler sleeps in `recv` until its caller hangs up.
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a caller who hung up."""


def _handler(gateway: Gateway) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            gateway.connections += 1
            super().setup()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            gateway.calls.append(Call(self.path, headers, body))
            if gateway.answer:
                gateway.answer(self)
                return
            self.send_response(gateway.status)
            for name, value in {"Content-Length": str(len(gateway.body)), **gateway.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(gateway.body)

        def log_message(self, *arguments: Any) -> None:
            """Be quiet."""

    return Handler
