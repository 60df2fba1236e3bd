"""A delivery as it is kept: an event on its way to a subscription."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.gateway.domain.delivery import State
from wafa.contracts.envelope import Event, encode, event_key
from wafa.contracts.times import format_time
from wafa.runtime.mongo import Document

#: What of an event's data says whom it is about.
_PEOPLE = ("customer_id", "from", "into")


def row(webhook: str, event: Event, now: datetime) -> Document:
    """Return what is kept of an event for a subscription; the same `_id` however often the event comes."""
    key = event_key(event)
    return {
        "_id": f"{webhook}:{key}",
        "webhook": webhook,
        "event": key,
        "type": event["type"],
        "customers": people_in(event),
        "body": encode(event).decode(),
        "at": now,
        "state": State.WAITING.value,
        "attempts": 0,
        "due": now,
    }


def people_in(event: Event) -> list[str]:
    """Return the ids of the customers whom an event is about."""
    data = event["data"]
    return sorted({data[name] for name in _PEOPLE if isinstance(data.get(name), str)})


def shown(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return a delivery as JSON: how it stands, and not what was sent."""
    last = found.get("last") or {}
    times = {
        "kept_since": found["at"],
        "delivered_at": found.get("delivered_at"),
        "next_attempt_at": found.get("due"),
        "last_attempt_at": last.get("at"),
    }
    return {
        "message_id": found["event"],
        "type": found["type"],
        "state": found["state"],
        "attempts": found["attempts"],
        **{name: last[name] for name in ("status", "trouble") if name in last},
        **{name: format_time(at) for name, at in times.items() if at is not None},
    }
