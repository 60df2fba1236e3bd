"""Customers, messages and events to tell stories with."""

from datetime import UTC, datetime, timedelta
from typing import Any

from services.notifications.channels.outcomes import Message
from services.notifications.domain.audience import Entry
from services.notifications.domain.campaign import Campaign, On, Purpose, Trigger
from services.notifications.domain.campaign import Message as Writes
from services.notifications.domain.decision import Case, Way
from services.notifications.domain.facts import Complaint, Consent, Member, Profile
from services.notifications.domain.outreach import Outreach
from wafa.contracts.envelope import Event, derive_id, make_event

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def case(**changes: Any) -> Case:
    """A case in which nothing stands against sending, unless said otherwise."""
    usual: dict[str, Any] = {
        "now": NOON,
        "expires_at": NOON + timedelta(days=3),
        "purpose": "service",
        "known": True,
        "ways": (way(),),
    }
    return Case(**usual | changes)


def way(channel: str = "email", **changes: Any) -> Way:
    """A channel with an address that works, and a customer who never said anything about it."""
    return Way(channel, **{"has_address": True} | changes)


def campaign(id: str = "recognition", **changes: Any) -> Campaign:
    """The campaign that thanks whoever has come back, unless said otherwise."""
    usual: dict[str, Any] = {
        "version": 0,
        "purpose": Purpose.SERVICE,
        "start": Trigger(On.RECOGNIZED),
        "steps": (Writes("thanks", "recognized", ("email",)),),
    }
    return Campaign(id, **usual | changes)


def row(customer_id: str = "sara", **changes: Any) -> Outreach:
    usual: dict[str, Any] = {
        "id": derive_id(customer_id, "outreach recognition thanks once"),
        "campaign": "recognition",
        "customer_id": customer_id,
        "step": "thanks",
        "occurrence": "once",
        "channel": "email",
        "planned_at": NOON,
        "not_before": NOON,
        "expires_at": NOON + timedelta(days=3),
        "cause": derive_id(customer_id, "recognized"),
        "correlation": "purchase-1",
    }
    return Outreach(**usual | changes)


def entry(customer_id: str = "sara", **changes: Any) -> Entry:
    usual: dict[str, Any] = {"profile": profile(), "member": member()}
    return Entry(customer_id, 1, **usual | changes)


def profile(version: int = 1, **changes: Any) -> Profile:
    return Profile(version, **{"name": "Sara", "locale": "en-GB", "emails": ("sara@example.com",)} | changes)


def member(version: int = 1, *, tier: str = "gold", points: int = 120) -> Member:
    return Member(version, tier, points, purchase_count=2, repeat=True)


def message(**changes: Any) -> Message:
    """A rendered message on its way to Sara."""
    usual: dict[str, Any] = {
        "outreach_id": "outreach-1",
        "customer_id": "sara",
        "recipient": "sara@example.com",
        "language": "en",
        "direction": "ltr",
        "subject": "Thank you",
        "plain": "Hello Sara\n",
        "html": "<p>Hello Sara</p>\n",
        "short": "Hello Sara",
        "now": NOON,
    }
    return Message(**usual | changes)


def consent(status: str, *, purpose: str = "service", channel: str = "email", at: datetime = NOON) -> Consent:
    return Consent(channel, purpose, status, at)


def complaint(status: str, *, id: str = "case-1", minute: int = 0, told_by: str = "a") -> Complaint:
    return Complaint(id, status, NOON + timedelta(minutes=minute), told_by)


def told(type: str, /, *, id: str = "event-1", at: datetime = NOON, **data: Any) -> Event:
    """An event as one of Wafa's services publishes it."""
    return make_event(type, source="/wafa/test", id=id, time=at, data=data)


def created(customer_id: str, *, version: int = 1, **profile_fields: Any) -> Event:
    usual = {"name": "Sara", "locale": "en", "emails": [f"{customer_id}@example.com"]}
    fields = {"phones": [], "external_ids": [], "consents": []} | usual | profile_fields
    return told(
        "customer.created.v1" if version == 1 else "customer.updated.v1",
        id=f"{customer_id} v{version}",
        customer_id=customer_id,
        version=version,
        **fields,
    )


def member_updated(customer_id: str, *, version: int = 1, tier: str = "gold", points: int = 120) -> Event:
    return told(
        "loyalty.member_updated.v1",
        id=f"{customer_id} member v{version}",
        customer_id=customer_id,
        version=version,
        as_of="2026-03-04T12:00:00Z",
        tier=tier,
        tier_since="2026-03-04T12:00:00Z",
        qualifying_spend={"amount": "60.00", "currency": "USD"},
        spend={"amount": "60.00", "currency": "USD"},
        points=points,
        purchase_count=2,
        repeat=True,
        first_purchase_at="2026-02-01T12:00:00Z",
        last_purchase_at="2026-03-04T12:00:00Z",
    )


def repointed(kind: str, alias: str, into: str, version: int = 2) -> Event:
    """`customer.merged.v1` or `customer.unmerged.v1`."""
    change_id = derive_id(f"{kind} {alias} {into}", str(version))
    data = {"from": alias, "into": into, "version": version, "change_id": change_id}
    return told(f"customer.{kind}.v1", id=derive_id(change_id, alias), **data)


def erased(customer_id: str, *, change_id: str = "erasure") -> Event:
    id = derive_id(change_id, customer_id)
    return told("customer.erased.v1", id=id, customer_id=customer_id, change_id=change_id)


def recognized(customer_id: str) -> Event:
    return told(
        "customer.recognized.v1",
        id=derive_id(customer_id, "recognized"),
        customer_id=customer_id,
        recognized_at="2026-03-04T12:00:00Z",
        purchase_count=2,
    )


def recorded(customer_id: str, type: str, /, *, id: str, at: datetime = NOON, **data: Any) -> Event:
    """An `interaction.recorded.v1` of an event of this type, whose identity is `id`."""
    time = at.isoformat().replace("+00:00", "Z")
    return told(
        "interaction.recorded.v1",
        id=f"{id} recorded",
        at=at,
        interaction_id=id,
        customer_id=customer_id,
        type=type,
        time=time,
        source="/callcentre",
        data=data,
    )


def complained(customer_id: str, status: str, *, id: str, minute: int = 0, case: str = "C-7") -> Event:
    return recorded(
        customer_id,
        f"complaint.{status}.v1",
        id=id,
        at=NOON + timedelta(minutes=minute),
        complaint_id=case,
        category="delivery",
        severity="high",
    )
