"""A process of gunicorn's threads, in which nobody slow keeps others waiting.

gunicorn gives a connection to a thread with its first byte, and the thread waits for the rest: some dozen
clients that send a byte now and then would have all threads. Here a thread gets a request when it is all
there (of a large body the beginning, the rest has a deadline), an answer that nobody takes is given up, and
no thread waits for the other side to close a connection.
"""

import ctypes
import os
import selectors
import signal
import socket
import sys
import time
from collections import deque
from functools import partial
from typing import Any

import structlog
from gunicorn.workers.gthread import TConn, ThreadWorker
from werkzeug.exceptions import RequestTimeout

from services.gateway.means import EXTENSION
from services.gateway.serving.arrival import WAITED_FOR, is_here, prepare
from services.gateway.serving.unread import refuse

log = structlog.get_logger(__name__)

#: Seconds in which a head, and a body that is not large, has to be here.
WHOLE = 10.0
#: Seconds for the rest of a large body, and for the taking of an answer.
BODY, ANSWER = 30.0, 30.0
#: Seconds for what is left of a body that nobody wanted, and for the other side to close.
REST, PARTING = 0.05, 2.0
#: Seconds in which requests in hand are finished on a stop.
GRACE = 13
#: Seconds to write what waits in memory after that.
LAST_WORDS = 3.0
#: Seconds to send the last spans in.
LAST_SPANS = 1.0

_PR_SET_PDEATHSIG = 1


class Worker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's worker, with that changed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._leaving: deque[TConn] = deque()

    def init_process(self) -> None:
        """Begin; called by gunicorn in the new process."""
        if sys.platform == "linux":
            # It would go on without its parent, with the port.
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != self.ppid:
                os._exit(1)
        # Less than what the parent gives us until it kills: what waits in memory is written after that.
        self.cfg.set("graceful_timeout", GRACE)
        super().init_process()

    def run(self) -> None:
        """Work until the end; called by gunicorn."""
        super().run()
        means = self.wsgi.extensions[EXTENSION]
        means.flusher.close(LAST_WORDS)
        if means.tracer:
            means.tracer.close(LAST_SPANS)
        # The interpreter would wait for every thread, and one may still have a client that takes its time.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)

    def enqueue_req(self, conn: TConn) -> None:
        """Take a connection from which something is expected; called on the main thread."""
        try:
            # gunicorn would shake hands here: wait for the other side, and end the process if that is gone.
            if not conn.initialized:
                prepare(conn)
            conn.sock.setblocking(False)
        except OSError:
            self.nr_conns -= 1
            conn.close()
            return
        if is_here(conn):
            super().enqueue_req(conn)
            return
        conn.timeout = time.monotonic() + WHOLE
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def on_pending_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """Look whether a request is here by now; called on the main thread. Its deadline stays."""
        if is_here(conn):
            self.poller.unregister(client)
            self.pending_conns.remove(conn)
            super().enqueue_req(conn)

    def murder_pending(self) -> None:
        """Give up what has not come in time; called on the main thread, every second or more often."""
        now = time.monotonic()
        while self.pending_conns and self.pending_conns[0].timeout <= now:
            conn = self.pending_conns.popleft()
            self.poller.unregister(conn.sock)
            if conn.parser.unreader.buf.getvalue():
                refuse(conn.sock, RequestTimeout())
            self._let_go(conn)
        while self._leaving and self._leaving[0].timeout <= now:
            self._close(self._leaving[0])

    def _cap_keepalive(self, deadline: float) -> None:
        """Begin to end; called by gunicorn on the main thread when no more connections are taken."""
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, deadline)

    def handle(self, conn: TConn) -> Any:
        """Answer a request; called in a thread."""
        conn.parser.unreader.until = time.monotonic() + BODY
        return super().handle(conn)

    def handle_request(self, req: Any, conn: TConn) -> bool:
        """Answer a request; called in a thread when its head was read."""
        conn.sock.settimeout(ANSWER)
        try:
            return bool(super().handle_request(req, conn))
        except TimeoutError:
            log.warning("answer given up, nobody takes it")
            return False

    def _keepalive_after(self, conn: TConn, keepalive: bool) -> bool:
        """Tell whether the connection can be used again; called in a thread after an answer."""
        if not keepalive:
            return False
        conn.parser.unreader.until = time.monotonic() + REST
        try:
            return bool(conn.parser.finish_body())
        except RequestTimeout:
            return False

    def finish_request(self, conn: TConn, future: Any) -> None:
        """Go on with a connection after its request; called on the main thread."""
        if not future.cancelled() and future.exception() is None and not future.result():
            self._let_go(conn)
        else:
            super().finish_request(conn, future)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        """Answer what is no request, or what we could not answer; called in a thread."""
        refuse(client, exc)

    def _let_go(self, conn: TConn) -> None:
        """Close our side. What still comes is read for a moment: otherwise our last words could be lost."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.setblocking(False)
        except OSError:
            self.nr_conns -= 1
            conn.close()
            return
        conn.timeout = time.monotonic() + PARTING
        self._leaving.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._discard, conn))

    def _discard(self, conn: TConn, client: socket.socket) -> None:
        try:
            if client.recv(WAITED_FOR):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self._close(conn)

    def _close(self, conn: TConn) -> None:
        self._leaving.remove(conn)
        self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()
