"""The interactions service without nameko around it: a real store, a bus that remembers, known customers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from services.interactions import handlers, rejections
from services.interactions.means import Means
from services.interactions.store import InteractionStore
from wafa.contracts.envelope import BATCH, STRUCTURED, Event, decode, derive_id, encode, make_event
from wafa.contracts.errors import Problem
from wafa.runtime.consumer import Delivery
from wafa.runtime.quarantine import Rejected, rejection_messages
from wafa.runtime.retrying import Attempt
from wafa.runtime.topology import QUARANTINE

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NOW = datetime(2026, 3, 3, 8, tzinfo=UTC)
SOURCE = "/till/1"
LARGEST = 16 * 1024 * 1024


def directly(compute: Callable[..., Any], *args: object) -> Any:
    return compute(*args)


@dataclass
class Interactions:
    """Customers are known by their e-mail (`mona@...` is `mona`); `nobody` cannot be resolved."""

    store: InteractionStore
    now: datetime = NOW
    published: list[Event] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    #: Who was erased, as the customers service knows it: ids, and whatever else identifies.
    erased: set[str] = field(default_factory=set)

    @property
    def means(self) -> Means:
        return Means(self.store, self.publish, self.resolve, self.means_erased, self.now, directly)

    def publish(self, events: list[Event]) -> None:
        self.published.extend(events)

    def resolve(self, references: list[dict]) -> list[dict]:
        self.asked += references
        refused = {"reason": "invalid_identifier", "path": "data.customer.email", "message": "nobody"}
        emails = [reference["customer"]["email"] for reference in references]
        return [refused if "nobody" in email else {"customer_id": email.split("@")[0]} for email in emails]

    def means_erased(self, references: list[dict]) -> list[bool]:
        return [any(one in repr(reference["customer"]) for one in self.erased) for reference in references]

    def record(self, *events: Event) -> list:
        return handlers.take_in(handlers.QUEUE, events, self.means)

    def refuse(
        self,
        problem: Problem,
        *,
        event: Event | None = None,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        attempts: tuple[Attempt, ...] = (),
        service: str = "interactions",
        batch: bool = False,
    ) -> str:
        """Send something to quarantine the way the runtime does; return its id."""
        content_type = BATCH if batch else STRUCTURED
        delivery = Delivery(body or encode(event), content_type, "purchase.completed.v1", 1, headers or {})
        refused = Rejected(delivery, problem, event, attempts)
        [message] = rejection_messages(service, [refused], self.now)
        events = decode(message.body, message.content_type, max_bytes=LARGEST)
        assert self.quarantine(*events) == []
        return events[0]["data"]["rejection_id"]

    def quarantine(self, *events: Event) -> list:
        return handlers.take_in(QUARANTINE, events, self.means)

    def replay(self, rejection_id: str, corrected: Any = None) -> dict[str, Any]:
        return rejections.replay(rejection_id, corrected, self.store, self.publish, self.now)

    def told(self, type: str) -> list[Event]:
        return [event for event in self.published if event["type"] == type]


def purchase(
    id: str = "p1", *, who: str = "mona", currency: str = "KWD", amount: str = "29.33", **more
) -> Event:
    data = {
        "customer": {"email": f"{who}@example.com"},
        "purchase_id": id,
        "total": {"amount": amount, "currency": currency},
        "channel": "store",
        **more,
    }
    return make_event("purchase.completed.v1", source=SOURCE, id=id, time=NOON, data=data)


def complaint(kind: str, id: str, hour: int, about: str = "c-1", who: str = "mona", **more) -> Event:
    data = {
        "customer": {"email": f"{who}@example.com"},
        "complaint_id": about,
        "category": "late",
        "severity": "high",
        **more,
    }
    return make_event(f"complaint.{kind}.v1", source=SOURCE, id=id, time=NOON.replace(hour=hour), data=data)


def repointed(kind: str, alias: str, into: str, version: int, change_id: str = "") -> Event:
    """`customer.merged.v1` or `customer.unmerged.v1`."""
    change_id = change_id or derive_id(f"{kind} {alias} {into}", str(version))
    data = {"from": alias, "into": into, "version": version, "change_id": change_id}
    id = derive_id(change_id, alias)
    return make_event(f"customer.{kind}.v1", source="/wafa/customers", id=id, time=NOON, data=data)


def forget(*customer_ids: str, change_id: str = "erasure", time: datetime = NOON, **traces: list) -> Event:
    nothing: dict[str, list] = {"emails": [], "phones": [], "external_ids": [], "names": []}
    data = {"change_id": change_id, "customer_ids": list(customer_ids), "traces": nothing | traces}
    return make_event("wafa.forget.v1", source="/wafa/customers", id=change_id, time=time, data=data)
