"""The queues of a room, watched without disturbing: how much is left shows that work goes on."""

import time
from typing import Protocol, Self

from rich.progress import Progress, TaskID

from benchmarks.crew import FIRST_QUEUE
from benchmarks.finish import wait_for
from benchmarks.ground import Room
from wafa.runtime.topology import QUEUES

BETWEEN_LOOKS = 0.25


class Running(Protocol):
    """What works on the queues."""

    def check(self) -> None:
        """Raise if a process has died."""


class Queues:
    """A context manager; shows what has left the first queue as a progress bar."""

    def __init__(self, room: Room, crew: Running, bar: Progress) -> None:
        self._connection = room.connect()
        self._channel = self._connection.channel()
        self._crew = crew
        self._bar = bar
        self._task: TaskID | None = None
        self._messages = 0
        self._left: dict[str, int] = {}
        self._looked_at = 0.0

    def __enter__(self) -> Self:
        """Return this."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self._connection.close()

    def await_head(self) -> None:
        """Wait until somebody consumes the first queue."""
        wait_for("the first consumer", self._has_head, lambda: None, poll=0.002)

    def show(self, name: str, messages: int) -> None:
        """Begin a bar for so many messages in the first queue."""
        self._messages = messages
        self._task = self._bar.add_task(name, total=messages)

    def moved(self) -> tuple[int, ...]:
        """Return what is left in each queue, as of a moment ago. Raises if a process has died."""
        if time.monotonic() - self._looked_at > BETWEEN_LOOKS:
            self._crew.check()
            self._left = {name: self._state(name).message_count for name in QUEUES}
            self._looked_at = time.monotonic()
            if self._task is not None:
                self._bar.update(self._task, completed=self._messages - self._left[FIRST_QUEUE])
        return tuple(self._left.values())

    def _has_head(self) -> bool:
        return bool(self._state(FIRST_QUEUE).consumer_count)

    def _state(self, queue: str):
        return self._channel.queue_declare(queue, passive=True)
