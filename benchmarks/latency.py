"""How long it takes from publishing a purchase until an outside listener has the loyalty event."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import quantiles
from typing import Any

import amqp
from rich.progress import Progress

from benchmarks.feed import send_steadily
from benchmarks.finish import wait_for
from benchmarks.ground import Room
from benchmarks.workload import comebacks
from wafa.contracts.envelope import EXCHANGE, Event, decode, event_key

UPDATED = "loyalty.member_updated.v1"


SHARES = (0.2, 0.4, 0.6)
#: What the day's first second is for the purchases of each load: no receipt is used twice.
TURN = 1_000


def measure(room: Room, customers: Sequence[str], full: float, seconds: int, bar: Progress) -> dict[str, Any]:
    """Return the figures at shares of `full`, the events a second that went through at full load.

    Each customer comes once at each load, so the list of them may end before the seconds do.
    """
    loads = []
    for turn, share in enumerate(SHARES, TURN):
        rate = full * share
        events = list(comebacks(customers, min(int(rate * seconds), len(customers)), turn))
        loads.append({"share": share, **_at(rate, room, events, bar)})
    return {"full": full, "loads": loads}


def _at(rate: float, room: Room, events: Sequence[Event], bar: Progress) -> dict[str, Any]:
    """Publish single events at a steady rate (a second) to services that run; return the figures.

    An event's clock starts when it was due, whether or not we were late to send it. The first second is left
    out.

    Raises:
        WrongOutcome: an event was not heard of again.
    """
    task = bar.add_task("latency", total=len(events))
    with _listening(room) as heard, room.connect() as connection:
        moments = send_steadily(connection, events, rate, lambda: bar.advance(task))
        late = time.monotonic() - moments[-1]
        due = {event_key(event): at for event, at in zip(events, moments, strict=True)}
        wait_for("the last loyalty events", lambda: due.keys() <= heard.keys(), lambda: len(heard))
    took = sorted(1000 * (heard[key] - at) for key, at in due.items() if at > moments[0] + 1)
    cuts = quantiles(took, n=100, method="inclusive")
    return {
        "events": len(took),
        "events_per_second": round(rate, 1),
        "p50_ms": round(cuts[49], 1),
        "p95_ms": round(cuts[94], 1),
        "p99_ms": round(cuts[98], 1),
        "max_ms": round(took[-1], 1),
        "sender_late_ms": round(1000 * late, 1),
    }


@contextmanager
def _listening(room: Room) -> Iterator[dict[str, float]]:
    """Yield when each purchase, by its key, was first heard of in a loyalty event; filled by a thread."""
    heard: dict[str, float] = {}
    done = threading.Event()
    connection = room.connect()
    channel = connection.channel()
    channel.auto_decode = False
    queue = channel.queue_declare("", exclusive=True).queue
    channel.queue_bind(queue, EXCHANGE, UPDATED)

    def on_message(message: amqp.Message) -> None:
        moment = time.monotonic()
        for event in decode(message.body, message.properties["content_type"]):
            heard.setdefault(event.get("correlationid", ""), moment)

    def listen() -> None:
        while not done.is_set():
            try:
                connection.drain_events(timeout=0.2)
            except TimeoutError:
                continue

    channel.basic_consume(queue, no_ack=True, callback=on_message)
    thread = threading.Thread(target=listen, name="listener")
    thread.start()
    try:
        yield heard
    finally:
        done.set()
        thread.join()
        connection.close()
