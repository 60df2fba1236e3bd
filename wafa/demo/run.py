"""The steps of the demo against a running system: publish, wait for the effects, compare."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

from wafa.cli.faults import CommandFault
from wafa.cli.history import Line, purchases, shifted
from wafa.contracts.envelope import Event
from wafa.contracts.times import format_time
from wafa.demo.expected import Expected
from wafa.demo.observed import customer_ids, observe
from wafa.demo.people import arrivals, complaining, withdrawn
from wafa.demo.reconcile import Line as Compared
from wafa.demo.reconcile import reconcile
from wafa.runtime.client import Client
from wafa.runtime.publisher import Publisher

NAME = "cdnow"
CHUNK = 1000
POLL = 0.2
PATIENCE = 60.0

Advance = Callable[[int], None]


class Stalled(CommandFault):
    """Nothing has moved for a minute; the message says where."""


@dataclass(slots=True)
class Demo:
    """One run over the purchases `lines`, shifted so that the last day is `until`."""

    lines: list[Line]
    until: date
    publisher: Publisher
    services: Client
    published: int = 0

    @property
    def customers(self) -> list[str]:
        """Every customer of the file, in the file's order."""
        return list(dict.fromkeys(line.customer for line in self.lines))

    @property
    def moments(self) -> list[tuple[Line, datetime]]:
        """The purchases with their moments."""
        return list(shifted(self.lines, self.until))

    def introduce(self) -> None:
        """Tell who the customers are, and wait until whoever objects or complains is known to."""
        begin = min(moment for _, moment in self.moments) - timedelta(days=1)
        self.publisher.publish(list(arrivals(self.customers, NAME, begin)))
        ids = customer_ids(self.services, self.customers, NAME, format_time(begin))
        for customer in filter(lambda one: withdrawn(one) or complaining(one), self.customers):
            self._wait_for(f"customer {customer}", partial(self._is_known, ids[customer], customer))

    def publish(self, events: Sequence[Event], advance: Advance) -> None:
        """Publish purchases as an outside system would, each chunk confirmed."""
        for start in range(0, len(events), CHUNK):
            chunk = events[start : start + CHUNK]
            self.publisher.publish(chunk)
            self.published += len(chunk)
            advance(len(chunk))

    def purchases(self) -> list[Event]:
        """Return the events of the file."""
        return list(purchases(self.lines, name=NAME, currency="USD", until=self.until))

    def follow(self, advance: Callable[[int], None]) -> None:
        """Wait until every purchase is in the ledger; `advance` is told how many are."""

        def arrived() -> int:
            return int(self.services.call("loyalty", "summary")["purchases"])

        self._follow("the ledger", arrived, len(self.lines), advance)

    def follow_mail(self, repeat: int, advance: Callable[[int], None]) -> None:
        """Wait until every message to a repeat customer is sent or dropped."""

        def decided() -> int:
            states = self.services.call("notifications", "counts")["states"]
            return int(states.get("sent", 0) + states.get("dropped", 0))

        self._follow("outreach", decided, repeat, advance)

    def compare(self, expected: Expected, mail_folder: Path) -> list[Compared]:
        """Return the reconciliation of the file with what the services say now."""
        ids = customer_ids(self.services, self.customers, NAME, format_time(datetime.now(UTC)))
        mails = sum(1 for _ in mail_folder.glob("*.eml"))
        return reconcile(expected, observe(self.services, ids), self.published, mails)

    def _is_known(self, customer_id: str, customer: str) -> bool:
        entry = self.services.call("notifications", "audience", customer_id)
        if entry is None or entry["profile"] is None:
            return False
        if withdrawn(customer) and not entry["profile"]["consents"]:
            return False
        return bool(entry["open_complaints"]) or not complaining(customer)

    def _wait_for(self, what: str, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                raise Stalled(f"waiting for {what}: nothing for {PATIENCE:.0f} seconds; see the logs")
            time.sleep(POLL)

    def _follow(
        self, what: str, count: Callable[[], int], total: int, advance: Callable[[int], None]
    ) -> None:
        seen, moved_at = -1, time.monotonic()
        while (now := count()) < total:
            if now > seen:
                seen, moved_at = now, time.monotonic()
            elif time.monotonic() - moved_at > PATIENCE:
                raise Stalled(
                    f"{what}: {now} of {total}, and no more for {PATIENCE:.0f} seconds; see the logs"
                )
            advance(now)
            time.sleep(POLL)
        advance(now)
