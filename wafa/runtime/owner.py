"""One thread owns a connection to the broker, because neither py-amqp nor a TLS socket may be used by two.

Other threads leave word of what they want, and wake it. Whatever goes wrong in it, it goes on with a new
connection: without it, nobody would be answered, or hear anything, again.
"""

import contextlib
import math
import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterator

import amqp

from wafa.runtime.broker import connect, tell_loss

FIRST_DELAY, LONGEST_DELAY = 0.2, 3.0


class Owner:
    """A thread that does its `work` again and again until `close`, and rests after an error.

    `work` opens a `connection`, says `settled` when that does what it is for, and returns when it is of no
    more use or `ending` is set. `put_off` is told why there is none: when it is lost, and then each time that
    somebody wakes the thread before the next. Both are called in the thread; it begins with `start`.
    """

    def __init__(self, name: str, work: Callable[[], None], put_off: Callable[[str], None]) -> None:
        self.ending = threading.Event()
        self._work = work
        self._put_off = put_off
        self._delay = FIRST_DELAY
        self._settled = threading.Event()
        self._woken, self._wake = socket.socketpair()
        self._woken.setblocking(False)
        # While the thread connects nobody reads, and whoever wakes it must not wait for that.
        self._wake.setblocking(False)
        # Not `select`, which knows no sockets beyond the 1,024th that a process has open.
        self._watched = selectors.DefaultSelector()
        self._watched.register(self._woken, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    @property
    def connected(self) -> bool:
        """Whether there is a connection that does what it is for."""
        return self._settled.is_set()

    def wake(self) -> None:
        """Let the thread look what is wanted of it; for any thread."""
        # Full means that it has enough to wake up from, closed that it has ended.
        with contextlib.suppress(OSError):
            self._wake.send(b".")

    def close(self) -> None:
        """End the thread and its connection."""
        self.ending.set()
        self.wake()
        self._thread.join()
        for one in (self._watched, self._woken, self._wake):
            one.close()

    @contextlib.contextmanager
    def connection(self, uri: str, *, name: str, heartbeat: int) -> Iterator[amqp.Connection]:
        """Open a connection; see `connect`. What it says ends a `wait`."""
        connection = connect(uri, name=name, heartbeat=heartbeat)
        wire = connection.sock
        self._watched.register(wire, selectors.EVENT_READ)
        try:
            yield connection
        finally:
            self._settled.clear()
            self._watched.unregister(wire)
            connection.collect()

    def settled(self) -> None:
        """Say that all is well: should the connection be lost, the next rest is a short one again."""
        self._delay = FIRST_DELAY
        self._settled.set()

    def wait(self, seconds: float) -> bool:
        """Wait until the broker says something, or somebody wakes us; tell whether it is the broker."""
        ready = {key.fileobj for key, _ in self._watched.select(seconds)}
        if self._woken in ready:
            self._woken.recv(4096)
            ready.remove(self._woken)
        return bool(ready)

    def _run(self) -> None:
        while not self.ending.is_set():
            try:
                self._work()
            except Exception as error:
                tell_loss(error, self._delay)
                self._rest(f"the broker does not answer: {error}")

    def _rest(self, why: str) -> None:
        self._put_off(why)
        until = time.monotonic() + self._delay
        while (left := until - time.monotonic()) > 0 and not self.ending.is_set():
            self.wait(left)
            self._put_off(why)
        self._delay = min(self._delay * 2, LONGEST_DELAY)


def take_all(connection: amqp.Connection, within: float = math.inf) -> None:
    """Handle everything that the broker has said, for so many seconds at most.

    Of a TLS connection, a selector does not see what is already decrypted.
    """
    until = time.monotonic() + within
    while time.monotonic() < until:
        try:
            connection.drain_events(timeout=0)
        except TimeoutError:
            return
