"""Wafa itself: each service a process, exactly as `wafa up` runs it."""

import urllib.request
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Self

from prometheus_client.parser import text_string_to_metric_families

from benchmarks.complaints import complaints
from benchmarks.crew import HEAD
from benchmarks.ground import Room
from wafa.stack import WORKERS, Stack


class RealServices:
    """Wafa itself, each service a process, exactly as `wafa up` runs it."""

    def __init__(
        self, room: Room, services: Sequence[str] = WORKERS, replicas: Mapping[str, int] | None = None
    ) -> None:
        self._room = room
        self._services = services
        self._replicas = replicas or {}
        self._followers = self._stack("followers", [name for name in services if name != HEAD])
        self._head = self._stack("head", [HEAD])

    def __enter__(self) -> Self:
        """Start all but the head."""
        self._followers.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop everything."""
        self._head.stop()
        self._followers.stop()

    def start_head(self) -> None:
        """Start interactions."""
        self._head.start()

    def pids(self) -> dict[str, int]:
        """Return the process ids of the services."""
        identities = self._followers.identities() + self._head.identities()
        return {one.name: one.pid for one in identities if one.name.partition("-")[0] in self._services}

    def check(self) -> None:
        """Raise `StackError` if a process has died."""
        self._followers.check()
        self._head.check()

    def published(self) -> Counter[str]:
        """Return how many events of each type the services have published, by their own count."""
        found: Counter[str] = Counter()
        for stack in (self._followers, self._head):
            for service in self._services:
                for url in stack.http_urls(service):
                    found.update(_published_by(url))
        return found

    def complaints(self) -> Counter[str]:
        """Return how often the services have logged each warning or error."""
        found: Counter[str] = Counter()
        for stack in (self._followers, self._head):
            for service in self._services:
                for number, _ in enumerate(stack.http_urls(service), 1):
                    found += complaints(stack.log_folder, service if number == 1 else f"{service}-{number}")
        return found

    def _stack(self, folder: str, services: list[str]) -> Stack:
        return Stack(
            self._room.folder / folder,
            services=services,
            replicas=self._replicas,
            amqp_uri=self._room.amqp_uri,
            mongodb_uri=self._room.mongodb_uri,
            environment={"WAFA_DATABASE_PREFIX": self._room.prefix},
        )


def _published_by(url: str) -> dict[str, int]:
    with urllib.request.urlopen(f"{url}/metrics", timeout=10) as answer:
        families = text_string_to_metric_families(answer.read().decode())
        samples = [sample for family in families for sample in family.samples]
    counted = (one for one in samples if one.name == "wafa_events_published_total")
    return {one.labels["type"]: int(one.value) for one in counted}
