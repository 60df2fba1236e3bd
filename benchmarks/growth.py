"""Whether an event costs the same when there is much already: time and processor time at growing sizes.

Between the looks, copies of the file are sent. Each look sends the same mixture: half by new customers, half
by customers who come back from all over the past.
"""

import time
from collections.abc import Iterator, Sequence
from itertools import chain, count, islice
from typing import Any

from rich.progress import Progress, TaskID

from benchmarks.crew import Crew
from benchmarks.feed import by_the_hundred, send
from benchmarks.finish import Finish
from benchmarks.ground import Room
from benchmarks.meter import CpuMeter, memory
from benchmarks.queues import Queues
from benchmarks.workload import Expected, comebacks, copy_of_the_file
from wafa.contracts.envelope import Event

LOOK = 8_000
AHEAD = 7_000
# Loyalty looks once more, within 15 seconds, at what it has just done: that is part of the cost of an event.
AFTERMATH = 16.0
NEW_COPIES = 500


class Growth:
    """Fills one room step by step, and looks."""

    def __init__(
        self, room: Room, crew: Crew, servers: dict[str, int], queues: Queues, bar: Progress
    ) -> None:
        self._room = room
        self._crew = crew
        self._servers = servers
        self._queues = queues
        self._bar = bar
        self._finish = Finish(room)
        self._expected = Expected()
        self._past = chain.from_iterable(map(copy_of_the_file, count()))
        self._last: Sequence[Event] = ()

    def measure(self, sizes: Sequence[int]) -> list[dict[str, Any]]:
        """Return the cost of a thousand events just before each of these numbers of stored interactions.

        Raises:
            WrongOutcome: in the end something was lost or doubled.
        """
        task = self._bar.add_task("stored interactions", total=sizes[-1])
        looks = []
        for turn, size in enumerate(sizes):
            self._fill(size - LOOK, task)
            looks.append({"stored": size, **self._look(turn)})
            self._bar.update(task, completed=size)
        self._finish.check(self._expected)
        return looks

    def _fill(self, size: int, task: TaskID) -> None:
        while (left := size - self._expected.events) > 0:
            behind = self._last
            self._send(list(islice(self._past, min(left, AHEAD))))
            if behind:
                self._finish.await_ledger(behind, self._queues.moved)
            self._bar.update(task, completed=self._expected.events)
        self._finish.await_ledger(self._last, self._queues.moved)
        self._finish.await_rest(self._last, self._queues.moved)

    def _look(self, turn: int) -> dict[str, Any]:
        events = list(_mixed(self._expected.customers, turn))
        time.sleep(AFTERMATH)
        self._finish.await_calm(self._queues.moved)
        cpu, began = CpuMeter(self._crew.pids() | self._servers), time.monotonic()
        self._send(events)
        self._finish.await_ledger(events, self._queues.moved)
        took = time.monotonic() - began
        self._finish.await_rest(events, self._queues.moved)
        time.sleep(AFTERMATH)
        spent = cpu.seconds()
        thousands = len(events) / 1000
        return {
            "seconds_per_1000": round(took / thousands, 3),
            "cpu_seconds_per_1000": {name: round(seconds / thousands, 3) for name, seconds in spent.items()},
            "cpu_seconds_per_1000_in_all": round(sum(spent.values()) / thousands, 3),
            "memory_mib": memory(self._crew.pids() | self._servers),
        }

    def _send(self, events: Sequence[Event]) -> None:
        send(self._room.amqp_uri, events, by_the_hundred)
        self._expected.add(events)
        self._last = events


def _mixed(customers: Sequence[str], turn: int) -> Iterator[Event]:
    half = LOOK // 2
    new = copy_of_the_file(NEW_COPIES + turn)[:half]
    for pair in zip(new, comebacks(customers, half, turn), strict=True):
        yield from pair
