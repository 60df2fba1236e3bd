"""Heartbeats while a batch is in hand: as long as it takes, and never in the middle of something else."""

import threading
import time
from dataclasses import dataclass, field

from tests.waiting import eventually
from wafa.runtime.heartbeat import RATE, kept_alive

INTERVAL = 0.03


@dataclass
class Connection:
    """A connection on which it takes a while to write."""

    heartbeat: float = INTERVAL * RATE
    lost: bool = False
    tried: int = 0
    writing: bool = False
    begun: threading.Event = field(default_factory=threading.Event)

    def send_heartbeat(self) -> None:
        self.tried += 1
        if self.lost:
            raise ConnectionResetError
        self.writing = True
        self.begun.set()
        time.sleep(INTERVAL)
        self.writing = False


def test_heartbeats_go_on_until_the_block_ends() -> None:
    connection = Connection()
    with kept_alive(connection):
        eventually(lambda: connection.tried >= 3)
    assert "heartbeat" not in [one.name for one in threading.enumerate()]


def test_whoever_writes_next_does_not_write_into_a_heartbeat() -> None:
    connection = Connection()
    with kept_alive(connection):
        assert connection.begun.wait(60)
    assert not connection.writing


def test_a_connection_that_is_lost_does_not_end_what_is_being_done() -> None:
    connection = Connection(lost=True)
    with kept_alive(connection):
        eventually(lambda: connection.tried)
        eventually(lambda: "heartbeat" not in [one.name for one in threading.enumerate()])
    assert connection.tried == 1


def test_a_connection_without_heartbeats_gets_none() -> None:
    connection = Connection(heartbeat=0)
    with kept_alive(connection):
        assert "heartbeat" not in [one.name for one in threading.enumerate()]
    assert connection.tried == 0
