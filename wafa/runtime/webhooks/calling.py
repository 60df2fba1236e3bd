"""POST to an endpoint: over connections that are kept, to checked addresses only, with an end to everything.

The name is resolved and checked by us, the address is what is connected to, and the certificate must be that
of the name. Redirects are not followed; of an answer only the beginning is read.
"""

import http.client
import io
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
)

from wafa.runtime.hurried import Hurried
from wafa.runtime.webhooks.addresses import Forbidden, resolved
from wafa.runtime.webhooks.endpoint import Endpoint

#: Seconds until we give up on a connection, and on an answer that does not come.
CONNECT, ANSWER = 3.0, 10.0
#: What is read of an answer, in bytes, and for how long, in seconds.
LONGEST_ANSWER = 2048
READ_FOR = 5.0
#: For how long the addresses of a name are taken to be the same, in seconds; and of how many names.
RESOLVED_FOR = 30.0
MOST_NAMES = 1000
#: Addresses of a name that are tried.
MOST_ADDRESSES = 3
#: The longest wait that `Retry-After` can ask for, in seconds.
LONGEST_WAIT = 3600

#: What a call can fail with when there is no answer at all.
NO_ANSWER = (Forbidden, HTTPError, OSError)
#: Of these, what leaves open whether the far end has had the call.
MAY_HAVE_IT = (ReadTimeoutError, ProtocolError)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the far end said: `words` is the beginning of it, `retry_after` the seconds that it asked for."""

    status: int
    words: str
    retry_after: float | None


class _Response(http.client.HTTPResponse):
    """Has its time, however many lines and pieces its head comes in."""

    def __init__(self, sock: Any, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp.close()
        # urllib3 has just set what the answer may take.
        until = time.monotonic() + (sock.gettimeout() or ANSWER) + READ_FOR
        self.fp = io.BufferedReader(Hurried(sock, until))


class _Connection(HTTPConnection):
    response_class = _Response


class _TlsConnection(HTTPSConnection):
    response_class = _Response


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class Calls:
    """Makes calls; safe to share among threads. `context` is for a CA of one's own."""

    def __init__(
        self,
        *,
        hosts: int = 16,
        connections: int = 16,
        connect: float = CONNECT,
        answer: float = ANSWER,
        context: ssl.SSLContext | None = None,
    ) -> None:
        """Keep connections to so many hosts, so many to each; nothing is opened yet."""
        tls: dict[str, Any] = {"ssl_context": context} if context else {}
        self._pools = urllib3.PoolManager(
            num_pools=hosts,
            maxsize=connections,
            retries=False,
            timeout=urllib3.Timeout(connect=connect, read=answer),
            **tls,
        )
        self._pools.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
        self._addresses: dict[Endpoint, tuple[float, tuple[str, ...]]] = {}

    def post(self, there: Endpoint, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send a body and return what was answered.

        Raises:
            Forbidden: the name leads inside, and must not.
            HTTPError, OSError: there was no answer.
        """
        ours = {"Host": there.authority, "User-Agent": "wafa", "Accept-Encoding": "identity", **headers}
        response = self._post(there, ours, body)
        return Answer(response.status, _read(response), _seconds(response.headers.get("Retry-After")))

    def close(self) -> None:
        """End all connections that are at rest."""
        self._pools.clear()

    def _post(self, there: Endpoint, headers: dict[str, str], body: bytes) -> urllib3.BaseHTTPResponse:
        *others, last = self._resolved(there)
        for address in others:
            try:
                return self._call(there, address, headers, body)
            except (ConnectTimeoutError, NewConnectionError):
                continue
        return self._call(there, last, headers, body)

    def _call(
        self, there: Endpoint, address: str, headers: dict[str, str], body: bytes
    ) -> urllib3.BaseHTTPResponse:
        tls: dict[str, Any] = {"server_hostname": there.host, "assert_hostname": there.host}
        pool = self._pools.connection_from_host(
            address, there.port, there.scheme, pool_kwargs=tls if there.scheme == "https" else None
        )
        return pool.urlopen(
            "POST", there.path, body, headers, redirect=False, preload_content=False, decode_content=False
        )

    def _resolved(self, there: Endpoint) -> tuple[str, ...]:
        until, addresses = self._addresses.get(there, (0.0, ()))
        if time.monotonic() >= until:
            addresses = resolved(there.host, there.port, private=there.private)[:MOST_ADDRESSES]
            if len(self._addresses) >= MOST_NAMES:
                self._addresses.clear()
            self._addresses[there] = (time.monotonic() + RESOLVED_FOR, addresses)
        return addresses


def _read(response: urllib3.BaseHTTPResponse) -> str:
    """Return the beginning of an answer. Its connection is kept only if that was all of it."""
    ends = time.monotonic() + READ_FOR
    found = b""
    try:
        while len(found) <= LONGEST_ANSWER and time.monotonic() < ends:
            part = response.read1(LONGEST_ANSWER)
            if not part:
                response.release_conn()
                break
            found += part
        else:
            response.close()
    except (HTTPError, OSError):
        # What it thinks of the call was in its first line.
        response.close()
    return found[:LONGEST_ANSWER].decode("utf-8", "replace")


def _seconds(text: str | None) -> float | None:
    """Return what `Retry-After` says in seconds; its other form, a date, is not worth reading."""
    if text and text.isascii() and text.isdigit() and len(text) <= 9:
        return float(min(int(text), LONGEST_WAIT))
    return None
