"""What the tests of customers on a real database have in common."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from pymongo.database import Database

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)


class Broker:
    """What was published; thread-safe, as a list's `+=` is."""

    def __init__(self) -> None:
        self.events: list[dict] = []

    def publish(self, events) -> None:
        self.events += events

    def versions(self) -> set[tuple[str, int]]:
        return {(event["data"]["customer_id"], event["data"]["version"]) for event in self.events}


def reference(hour: int = 0, **customer) -> dict:
    return {"customer": customer, "time": (NOW + timedelta(hours=hour)).isoformat(), "event": f"event {hour}"}


def by_id(number: int | str, **customer) -> dict:
    return reference(external_ids=[{"system": "shop", "id": str(number)}], **customer)


def documents(database: Database) -> list[dict]:
    return list(database["customers"].find())


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Run acts in threads that start together; raises what one of them raises."""
    barrier = threading.Barrier(len(acts))

    def run(act):
        barrier.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


class Crash(Exception):
    pass


def crash(*_):
    raise Crash
