"""Heartbeats of a connection while whoever owns it is busy with something else."""

import contextlib
import threading
from collections.abc import Iterator

import amqp

from wafa.runtime.transient import TRANSIENT

#: So many heartbeats are sent in the time after which the broker begins to wonder.
RATE = 3


@contextlib.contextmanager
def kept_alive(connection: amqp.Connection) -> Iterator[None]:
    """Send heartbeats for as long as the block runs, in which nobody else may use the connection.

    They are only sent, and nothing is read: what the broker delivers meanwhile waits there, and not in our
    memory. A connection that is lost meanwhile is reported to whoever uses it next. A process that hangs as
    a whole sends none, and what it has in hand goes to another.
    """
    if not connection.heartbeat:
        yield
        return
    done = threading.Event()
    beating = threading.Thread(target=_beat, args=(connection, done), name="heartbeat", daemon=True)
    beating.start()
    try:
        yield
    finally:
        done.set()
        # Only one may write at a time, and next is the ack.
        beating.join()


def _beat(connection: amqp.Connection, done: threading.Event) -> None:
    with contextlib.suppress(*TRANSIENT):
        while not done.wait(connection.heartbeat / RATE):
            connection.send_heartbeat()
