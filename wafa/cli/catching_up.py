"""Loyalty is told again of the interactions that its ledger lacks, page by page, and waited for."""

import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich.progress import Progress

from wafa.contracts.envelope import Event
from wafa.runtime.client import Client

PAGE = 500
#: So many pages are on their way to loyalty before the first of them is waited for.
AHEAD = 4
#: Seconds without anything new in the ledger until the wait is given up, and between two looks.
PATIENCE, POLL = 600.0, 0.5


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """How many events loyalty was `told` again, and how many interactions its ledger `lacks` all the same."""

    told: int
    lacks: int


class CatchingUp:
    """One round of all interactions, shown on a progress bar."""

    def __init__(self, services: Client, bars: Progress) -> None:
        self._services = services
        self._bars = bars
        self._told = 0
        self._lacks = 0
        self._moved_at = time.monotonic()

    def run(self) -> CaughtUp:
        """Tell and wait; what others publish meanwhile, and what of it waits, makes no difference."""
        records = sum(int(one["records"]) for one in self._services.call("interactions", "totals"))
        self._bar = self._bars.add_task("interactions in the ledger", total=records)
        underway: deque[list[Event]] = deque()
        for after, upto, events in self._pages():
            lacking = self._lacking(events)
            self._bars.advance(self._bar, len(events) - len(lacking))
            if lacking:
                self._tell(after, upto)
                underway.append(lacking)
            if len(underway) > AHEAD:
                self._settle(underway.popleft())
        while underway:
            self._settle(underway.popleft())
        self._bars.update(self._bar, total=self._bars.tasks[self._bar].completed + self._lacks)
        return CaughtUp(self._told, self._lacks)

    def _pages(self) -> Iterator[tuple[str | None, str | None, list[Event]]]:
        after: str | None = None
        while True:
            page = self._services.call("interactions", "history", after, PAGE)
            yield after, page["next"], page["events"]
            after = page["next"]
            if after is None:
                return

    def _tell(self, after: str | None, upto: str | None) -> None:
        """Have a page told: more than once if it has become longer since it was read."""
        while True:
            page = self._services.call("interactions", "retell", after, PAGE)
            self._told += int(page["told"])
            self._moved_at = time.monotonic()
            after = page["next"]
            if after is None or (upto is not None and after >= upto):
                return

    def _settle(self, events: list[Event]) -> None:
        """Wait until these are in the ledger, or until nothing has come into it for too long."""
        while events:
            asked_at = time.monotonic()
            left = self._lacking(events)
            answered_at = time.monotonic()
            self._bars.advance(self._bar, len(events) - len(left))
            if len(left) < len(events):
                self._moved_at = answered_at
            elif answered_at - self._moved_at > PATIENCE:
                self._lacks += len(left)
                return
            events = left
            if events:
                # A database to which the question is a burden is left to its work.
                time.sleep(max(POLL, answered_at - asked_at))

    def _lacking(self, events: Sequence[Event]) -> list[Event]:
        lacking: Sequence[Any] = self._services.call("loyalty", "lacking", list(events)) if events else ()
        ids = set(lacking)
        return [one for one in events if one["data"]["interaction_id"] in ids]
