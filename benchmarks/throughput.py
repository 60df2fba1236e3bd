"""How many purchases a second go through the whole pipeline, from the full queue to the last ledger row."""

import threading
import time
from collections.abc import Sequence
from typing import Any

from rich.progress import Progress

from benchmarks.crew import Crew
from benchmarks.feed import Pack, send
from benchmarks.finish import Finish
from benchmarks.ground import Room
from benchmarks.meter import BusyCores, CpuMeter, memory
from benchmarks.queues import Queues
from benchmarks.workload import Expected
from wafa.contracts.envelope import Event


def measure(
    crew: Crew, room: Room, servers: dict[str, int], events: Sequence[Event], pack: Pack, bar: Progress
) -> dict[str, Any]:
    """Fill the queue, start the process at its head, and follow the purchases; return the figures.

    Raises:
        WrongOutcome: the run lost or doubled something, or came to a standstill.
    """
    finish, expected = Finish(room), Expected()
    expected.add(events)
    messages = send(room.amqp_uri, events, pack)
    with Queues(room, crew, bar) as queues:
        head = threading.Thread(target=crew.start_head, name="start the head")
        head.start()
        queues.await_head()
        began, cpu, cores = time.monotonic(), CpuMeter(crew.pids() | servers), BusyCores()
        queues.show(room.name, messages)
        finish.await_ledger(events, queues.moved)
        filed, busy = time.monotonic() - began, cores.number()
        finish.await_rest(events, queues.moved)
        rest = time.monotonic() - began
        spent = cpu.seconds()
        head.join()
    finish.check(expected)
    return {
        "events": len(events),
        "customers": len(expected.customers),
        "seconds_to_ledger": round(filed, 3),
        "seconds_to_rest": round(rest, 3),
        "events_per_second": round(len(events) / filed, 1),
        "events_per_second_to_rest": round(len(events) / rest, 1),
        "cores_busy": round(busy, 2),
        "cpu_seconds": {name: round(seconds, 2) for name, seconds in spent.items()},
        "memory_mib": memory(crew.pids() | servers),
    }
