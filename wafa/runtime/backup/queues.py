"""What waits in the queues: looked at before a backup, and partly dropped by a restore."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import amqp

from wafa.runtime.backup.errors import BackupFault
from wafa.runtime.broker import connect
from wafa.runtime.policy import DELAYS
from wafa.runtime.topology import QUEUES

POLL = 0.5
#: After so long (seconds) whatever waited for another attempt is back in the queue that it came from.
LONGEST_DELAY = max(DELAYS) + 10


class Queues:
    """The queues of one broker."""

    def __init__(self, connection: amqp.Connection) -> None:
        self._connection = connection

    def waiting(self, names: Iterable[str] = tuple(QUEUES)) -> dict[str, int]:
        """Return how many messages wait in each, of those in which any do."""
        found = {name: self._look(name)[0] for name in names}
        return {name: number for name, number in found.items() if number}

    def consumed(self) -> list[str]:
        """Return the queues that somebody reads."""
        return [name for name in QUEUES if self._look(name)[1]]

    def settle(self, seconds: float, names: Iterable[str] = tuple(QUEUES)) -> dict[str, int]:
        """Wait until nothing waits, `seconds` at most; return what waits then."""
        deadline = time.monotonic() + seconds
        while (left := self.waiting(names)) and time.monotonic() < deadline:
            time.sleep(POLL)
        return left

    def purge(self, names: Iterable[str]) -> int:
        """Drop all messages of these queues; return how many there were."""
        dropped = 0
        for name in names:
            with self._channel() as channel:
                dropped += channel.queue_purge(name) or 0
        return dropped

    def _look(self, name: str) -> tuple[int, int]:
        """Return how many messages wait in a queue, and how many read it; none in one that is not there."""
        with self._channel() as channel:
            try:
                told = channel.queue_declare(name, passive=True)
            except amqp.exceptions.NotFound:
                return 0, 0
            return told.message_count, told.consumer_count

    @contextmanager
    def _channel(self) -> Iterator[amqp.Channel]:
        channel = self._connection.channel()
        try:
            yield channel
        except amqp.exceptions.NotFound:
            pass
        finally:
            if channel.is_open:
                channel.close()


@contextmanager
def open_queues(uri: str) -> Iterator[Queues | None]:
    """Connect; without an address there is no broker to ask.

    Raises:
        BackupFault: the broker is away, or refuses us.
    """
    if not uri:
        yield None
        return
    try:
        connection = connect(uri, name="wafa backup", heartbeat=0)
    except (OSError, amqp.exceptions.AMQPError) as error:
        raise BackupFault(f"the broker does not answer: {error}") from error
    try:
        yield Queues(connection)
    except (OSError, amqp.exceptions.AMQPError) as error:
        raise BackupFault(f"the broker refuses: {error}") from error
    finally:
        connection.collect()
