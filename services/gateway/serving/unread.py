"""What is answered to a request that never gets to the application: it cannot be read, or does not come.

It has the shape of every error, and is written to the socket itself, as much of it as that takes at once.
"""

import json
import socket
from http import HTTPStatus

import structlog
from gunicorn import util
from gunicorn.http import errors
from werkzeug.exceptions import RequestTimeout

from services.gateway.refusals import WORDS

log = structlog.get_logger(__name__)

_UNREADABLE: tuple[tuple[type[Exception], int, str, str], ...] = (
    (errors.LimitRequestLine, 414, "uri_too_long", "the address is too long"),
    (errors.LimitRequestHeaders, 431, "headers_too_large", "the headers are too large, or too many"),
    (errors.ExpectationFailed, 417, "expectation_failed", "nothing but 100-continue can be expected"),
    (errors.UnsupportedTransferCoding, 501, "unsupported_transfer_coding", "send it whole or chunked"),
    (errors.ParseException, 400, "bad_request", "this is not HTTP as it should be"),
    (RequestTimeout, 408, *WORDS[408]),
)


def refuse(client: socket.socket, error: Exception) -> None:
    """Answer what came instead of a request, as far as its sender takes that."""
    for kind, status, code, message in _UNREADABLE:
        if isinstance(error, kind):
            log.warning("request refused, it cannot be read", error=kind.__name__)
            _answer(client, status, code, message)
            return
    log.error("request failed", error=type(error).__name__)
    _answer(client, 500, *WORDS[500])


def _answer(client: socket.socket, status: int, code: str, message: str) -> None:
    body = json.dumps({"error": {"code": code, "message": message, "details": []}}).encode()
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    try:
        util.write_nonblock(client, head.encode() + body)
    except OSError:
        log.debug("nobody takes the answer")
