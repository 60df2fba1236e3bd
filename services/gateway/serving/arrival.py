"""How a request arrives: on the main thread until it is here, and the rest of a large one by a deadline."""

import os
import re
import ssl
import time

from gunicorn import http
from gunicorn.http.unreader import SocketUnreader
from gunicorn.sock import ssl_wrap_socket
from gunicorn.workers.gthread import TConn
from werkzeug.exceptions import RequestTimeout

#: What of a request is waited for without a thread, in bytes.
WAITED_FOR = 64 * 1024

_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,12})[ \t]*\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[ \t]*chunked[ \t]*\r\n", re.IGNORECASE)
_LAST_CHUNK = re.compile(rb"\r\n0+[ \t]*(?:;[^\r\n]*)?\r\n")
_EXPECT = re.compile(rb"\r\nexpect:", re.IGNORECASE)


class PunctualUnreader(SocketUnreader):  # type: ignore[misc]
    """Reads what a thread waits for, until a deadline (`time.monotonic`)."""

    until = 0.0

    def chunk(self, size_hint: int | None = None) -> bytes:
        """Return what comes next; called by gunicorn.

        Raises:
            RequestTimeout: it is too late.
        """
        left = self.until - time.monotonic()
        if left <= 0:
            raise RequestTimeout
        usual = self.sock.gettimeout()
        self.sock.settimeout(left)
        try:
            return bytes(super().chunk(size_hint))
        except TimeoutError:
            raise RequestTimeout from None
        finally:
            self.sock.settimeout(usual)


def prepare(conn: TConn) -> None:
    """Let a connection be read, and never waited for: with TLS, its handshake is a part of the reading.

    Raises:
        OSError: the other side is gone.
    """
    conn.sock.setblocking(False)
    if conn.cfg.is_ssl:
        conn.sock = ssl_wrap_socket(conn.sock, conn.cfg)
    conn.parser = http.get_parser(conn.cfg, conn.sock, conn.client)
    conn.parser.unreader = PunctualUnreader(conn.sock)
    conn.initialized = True


def is_here(conn: TConn) -> bool:
    """Read what there is, and tell whether a thread can go on with it without waiting."""
    buffer = conn.parser.unreader.buf
    while len(held := buffer.getvalue()) < WAITED_FOR and not _is_whole(held):
        try:
            more = conn.sock.recv(WAITED_FOR)
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        except OSError:
            return True
        if not more:
            return True
        buffer.seek(0, os.SEEK_END)
        buffer.write(more)
    return True


def _is_whole(held: bytes) -> bool:
    end = held.find(_END)
    if end < 0:
        return False
    head = held[: end + 2]
    if _CHUNKED.search(head) and not _EXPECT.search(head):
        last = _LAST_CHUNK.search(held, end + 2)
        return bool(last) and held.find(_END, last.end() - 2) >= 0
    length = _LENGTH.search(head)
    return not length or bool(_EXPECT.search(head)) or len(held) - end - len(_END) >= int(length[1])
