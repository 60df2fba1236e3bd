"""Visitors of a web server: connections that stay open, each asking again as soon as it is answered.

They run in a process of their own and read no more of an answer than its length and its status, so that they
cost little beside what is measured.
"""

import multiprocessing
import socket
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import quantiles
from typing import Any
from urllib.parse import urlsplit

_HEAD_ENDS = b"\r\n\r\n"
_LENGTH = b"content-length:"


@dataclass(frozen=True, slots=True)
class Visit:
    """A request: everything but the host."""

    method: str
    path: str
    token: str = ""
    body: bytes = b""

    def bytes(self, host: str) -> bytes:
        """Return what goes over the wire."""
        lines = [f"{self.method} {self.path} HTTP/1.1", f"Host: {host}"]
        if self.token:
            lines.append(f"Authorization: Bearer {self.token}")
        if self.body:
            lines += ["Content-Type: application/json", f"Content-Length: {len(self.body)}"]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


def visit(url: str, visits: Sequence[Visit], status: int, at_once: int) -> dict[str, Any]:
    """Make the visits over so many connections; return the rate and quantiles of the time of each, in ms.

    Raises:
        RuntimeError: something else than `status` was answered.
    """
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        seconds, took = pool.apply(_visit, (url, list(visits), status, at_once))
    cuts = quantiles(took, n=100)
    return {
        "requests": len(took),
        "at_once": at_once,
        "per_second": round(len(took) / seconds, 1),
        "p50_ms": round(1000 * cuts[49], 2),
        "p99_ms": round(1000 * cuts[98], 2),
    }


def _visit(url: str, visits: list[Visit], status: int, at_once: int) -> tuple[float, list[float]]:
    host = urlsplit(url).netloc
    requests = [one.bytes(host) for one in visits]
    shares = [requests[number::at_once] for number in range(at_once)]
    with ThreadPoolExecutor(at_once) as pool:
        began = time.monotonic()
        took = list(pool.map(lambda share: _one_after_the_other(host, share, status), shares))
        seconds = time.monotonic() - began
    return seconds, [one for share in took for one in share]


def _one_after_the_other(host: str, requests: list[bytes], status: int) -> list[float]:
    name, _, port = host.partition(":")
    took = []
    wanted = f" {status} ".encode()
    with socket.create_connection((name, int(port)), timeout=60) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for request in requests:
            began = time.monotonic()
            connection.sendall(request)
            answer = _answer(connection)
            took.append(time.monotonic() - began)
            if wanted not in answer[:20]:
                raise RuntimeError(f"not {status}: {answer[:400]!r}")
    return took


def _answer(connection: socket.socket) -> bytes:
    found = b""
    while _HEAD_ENDS not in found:
        found += _more(connection)
    head, _, body = found.partition(_HEAD_ENDS)
    lengths = (line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(_LENGTH))
    # A 204 has none.
    length = int(next(lengths, b"0"))
    while len(body) < length:
        body += _more(connection)
    return head + _HEAD_ENDS + body


def _more(connection: socket.socket) -> bytes:
    part = connection.recv(1 << 16)
    if not part:
        raise RuntimeError("the server has closed the connection")
    return part
