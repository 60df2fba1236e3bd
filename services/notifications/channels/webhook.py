"""SMS and WhatsApp: a signed call to whoever can send them, over connections that are kept open.

    POST {"type": "sms", "to": "+966500000001", "text": "...", "language": "ar", "outreach_id": "..."}

The call carries the id of the outreach as `webhook-id`: it may come twice, and is then to be sent once. What
is answered of one message (2xx, 4xx) decides about that message; what says that the far end is in trouble,
or does not want us, is never held against a message.
"""

import re
import ssl
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import msgspec
import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from services.notifications.channels.addresses import Forbidden, resolved
from services.notifications.channels.outcomes import Accepted, Message, Outcome, PutOff, Refused
from services.notifications.channels.signing import key_of, signed
from services.notifications.channels.words import kept_words, trouble

#: Seconds until we give up on a connection, and on each step of an answer.
CONNECT, ANSWER = 3.0, 10.0
#: What is read of an answer, in bytes, and for how long, in seconds.
LONGEST_ANSWER = 2048
READ_FOR = 5.0
#: For how long the addresses of a name are taken to be the same, in seconds.
RESOLVED_FOR = 30.0
CONNECTIONS = 16
_PORTS = {"https": 443, "http": 80}
_PATH = re.compile("[!-~]{1,2000}")
LONGEST_WAIT = 3600

#: 4xx that say "not now" of a message.
NOT_NOW = {408, 409, 425}
#: Of all messages, not of this one: the address is wrong, the secret is, or too much comes at once.
AWAY = {401, 403, 404, 405, 407, 410, 429, 502, 503, 504}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to call, and the key that signs."""

    scheme: str
    host: str
    port: int
    path: str
    key: bytes = field(repr=False)
    private: bool = False

    @classmethod
    def parse(cls, channel: str, url: str, secret: str, *, private: bool = False) -> "Endpoint":
        """Read a channel's `WAFA_..._URL` and `WAFA_..._SECRET`; without `private` it must be https.

        Raises:
            ValueError: one of them cannot be used. The message names it, and does not repeat it.
        """
        schemes = ("https", "http") if private else ("https",)
        try:
            parts = urlsplit(url)
            host = _host(parts.hostname or "")
            port = parts.port or _PORTS[parts.scheme]
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            if parts.scheme not in schemes or parts.username is not None or not _PATH.fullmatch(path):
                raise ValueError
        except (ValueError, KeyError):
            wanted = " or ".join(f"{scheme}://host/path" for scheme in schemes)
            raise ValueError(f"WAFA_{channel.upper()}_URL must look like {wanted}, without a user") from None
        try:
            key = key_of(secret)
        except ValueError as error:
            raise ValueError(f"WAFA_{channel.upper()}_SECRET {error}") from None
        return cls(parts.scheme, host, port, path, key, private)

    @property
    def authority(self) -> str:
        """What the `Host` header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


class Webhook:
    """The channels `sms` and `whatsapp`: `type` says which. `context` is for a CA of one's own."""

    def __init__(self, type: str, endpoint: Endpoint, *, context: ssl.SSLContext | None = None) -> None:
        self._type = type
        self._endpoint = endpoint
        self._pools = urllib3.PoolManager(
            num_pools=CONNECTIONS,
            maxsize=CONNECTIONS,
            retries=False,
            timeout=urllib3.Timeout(connect=CONNECT, read=ANSWER),
            **({"ssl_context": context} if context else {}),
        )
        self._addresses: tuple[float, tuple[str, ...]] = (0.0, ())

    def send(self, message: Message) -> Outcome:
        """Call the far end with one message and say what it answered."""
        try:
            response = self._post(message)
        except (Forbidden, HTTPError, OSError) as error:
            return PutOff(kept_words(trouble(error), message.recipient), away=True)
        return _judged(response.status, response.headers, _read(response), message)

    def close(self) -> None:
        """End all connections that are at rest."""
        self._pools.clear()

    def _post(self, message: Message) -> urllib3.BaseHTTPResponse:
        body = msgspec.json.encode(
            {
                "type": self._type,
                "to": message.recipient,
                "text": message.short,
                "language": message.language,
                "outreach_id": message.outreach_id,
            }
        )
        # The real time, whatever time the campaigns play in: the far end refuses what is old.
        headers = signed(self._endpoint.key, message.outreach_id, int(time.time()), body)
        headers |= {
            "Host": self._endpoint.authority,
            "Content-Type": "application/json",
            "User-Agent": "wafa",
            "Accept-Encoding": "identity",
        }
        *others, last = self._resolved()
        for address in others:
            try:
                return self._call(address, headers, body)
            except (ConnectTimeoutError, NewConnectionError):
                continue
        return self._call(last, headers, body)

    def _call(self, address: str, headers: dict[str, str], body: bytes) -> urllib3.BaseHTTPResponse:
        there = self._endpoint
        tls: dict[str, Any] = {"server_hostname": there.host, "assert_hostname": there.host}
        pool = self._pools.connection_from_host(
            address, there.port, there.scheme, pool_kwargs=tls if there.scheme == "https" else None
        )
        return pool.urlopen(
            "POST", there.path, body, headers, redirect=False, preload_content=False, decode_content=False
        )

    def _resolved(self) -> tuple[str, ...]:
        until, addresses = self._addresses
        if time.monotonic() >= until:
            addresses = resolved(self._endpoint.host, self._endpoint.port, private=self._endpoint.private)[:3]
            self._addresses = (time.monotonic() + RESOLVED_FOR, addresses)
        return addresses


def _host(written: str) -> str:
    """Return a host as the network knows it. Raises ValueError (UnicodeError) if it is none."""
    if not written:
        raise ValueError
    return written if ":" in written else written.encode("idna").decode()


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
        # What it thinks of the message was in its first line.
        response.close()
    return found[:LONGEST_ANSWER].decode("utf-8", "replace")


def _judged(status: int, headers: Any, words: str, message: Message) -> Outcome:
    if 200 <= status <= 299:
        return Accepted(message.outreach_id)
    reply = kept_words(f"{status} {words}".strip(), message.recipient)
    if 400 <= status <= 499 and status not in NOT_NOW | AWAY:
        return Refused(reply)
    return PutOff(reply, away=status in AWAY, retry_after=_seconds(headers.get("Retry-After")))


def _seconds(text: str | None) -> float | None:
    """Return what `Retry-After` says in seconds; its other form, a date, is not worth reading."""
    if text and text.isascii() and text.isdigit() and len(text) <= 9:
        return float(min(int(text), LONGEST_WAIT))
    return None
