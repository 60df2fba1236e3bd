"""Campaigns that are over, in a real database: rows, customers and purchases to count."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from services.notifications.documents import document_of
from services.notifications.domain.audience import Entry, learn
from services.notifications.domain.campaign import Broadcast, Campaign, Message, Purpose
from services.notifications.domain.facts import Fact, Profile, Purchase
from services.notifications.domain.outreach import Conversion, Outreach, State
from services.notifications.store import NotificationsStore
from wafa.contracts.envelope import derive_id

START = datetime(2026, 3, 4, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def campaign(id: str = "win-back", **changes: Any) -> Campaign:
    """A broadcast of one mail; a purchase within 14 days is its success."""
    usual: dict[str, Any] = {
        "version": 1,
        "purpose": Purpose.MARKETING,
        "start": Broadcast(),
        "steps": (Message("hello", "win_back", ("email",)),),
    }
    return Campaign(id, **usual | changes)


class Versions(dict[str, Campaign]):
    """The versions of campaigns that there are."""

    @classmethod
    def of(cls, *campaigns: Campaign) -> "Versions":
        return cls({one.key: one for one in campaigns})

    def version(self, key: str) -> Campaign | None:
        return self.get(key)


def contacted(customer_id: str, at: datetime = START, **changes: Any) -> Outreach:
    """A message that went out."""
    usual: dict[str, Any] = {
        "campaign": "win-back",
        "step": "hello",
        "occurrence": "once",
        "channel": "email",
        "version": 1,
        "planned_at": at,
        "not_before": at,
        "expires_at": at + 3 * DAY,
        "cause": "win-back@1",
        "correlation": "win-back@1",
        "state": State.SENT,
        "settled_at": at,
    }
    fields = usual | changes
    name = f"{fields['campaign']} {fields['step']} {fields['occurrence']}"
    return Outreach(id=derive_id(customer_id, name), customer_id=customer_id, **fields)


def held_out(customer_id: str, at: datetime = START, **changes: Any) -> Outreach:
    """The moment at which a customer who is held out would have got the message."""
    return replace(contacted(customer_id, at, **changes), state=State.DROPPED, reason="holdout")


def suppressed(customer_id: str, reason: str, at: datetime = START, **changes: Any) -> Outreach:
    return replace(contacted(customer_id, at, **changes), state=State.DROPPED, reason=reason)


def bought(row: Outreach, after: timedelta = DAY, minor: int = 2933, currency: str = "USD") -> Outreach:
    """A message that a purchase followed."""
    assert row.settled_at is not None
    return replace(row, converted=Conversion(f"of {row.id}", row.settled_at + after, minor, currency))


def purchase(id: str, at: datetime, minor: int = 2933, currency: str = "USD") -> Purchase:
    return Purchase(id, at, minor=minor, currency=currency)


def keep(store: NotificationsStore, rows: Iterable[Outreach]) -> None:
    store.plan(rows)


def know(store: NotificationsStore, customer_id: str, *facts: Fact) -> Entry:
    """Tell of a customer, besides who it is."""
    entry = learn(Entry(customer_id), Profile(1, name=customer_id, emails=(f"{customer_id}@example.com",)))
    for fact in facts:
        entry = learn(entry, fact)
    save(store, [entry])
    return entry


def save(store: NotificationsStore, entries: Iterable[Entry]) -> None:
    assert not store.save(entries)


def stored(store: NotificationsStore, row: Outreach) -> Mapping[str, Any]:
    """The row as it stands now."""
    return document_of(store.rows([row.id])[row.id])
