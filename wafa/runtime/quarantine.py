"""The way into quarantine: what could not be accepted, with its reason and the original bytes.

Any service refuses; interactions alone stores (it owns the quarantine). In between travels an ordinary
CloudEvent on an exchange of its own.
"""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wafa.contracts.envelope import STRUCTURED, Event, derive_id, encode, make_event
from wafa.contracts.errors import Problem
from wafa.contracts.times import format_time
from wafa.runtime.consumer import Delivery
from wafa.runtime.publisher import Message
from wafa.runtime.topology import QUARANTINE

TYPE = "wafa.quarantined.v1"

# The broker takes messages of 8 MiB, and base64 adds a third. Nothing valid comes near it (1 MiB).
KEPT_BYTES = 5 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Rejected:
    """Something that was delivered and refused: a whole message, or one event of it."""

    delivery: Delivery
    problem: Problem
    event: Any = None


def rejection_messages(service: str, rejected: Sequence[Rejected], now: datetime) -> Iterator[Message]:
    """Yield one message for each rejected thing, addressed to the quarantine."""
    for one in rejected:
        yield Message(QUARANTINE, "", encode(_rejection(service, one, now)), STRUCTURED)


def _rejection(service: str, rejected: Rejected, now: datetime) -> Event:
    body = rejected.delivery.body if rejected.event is None else encode(rejected.event)
    identity = hashlib.sha256(body).hexdigest()
    data: dict[str, Any] = {
        # The same bytes refused for the same reason are one entry, however often they are delivered.
        "rejection_id": derive_id(f"{service} {identity}", rejected.problem.reason),
        "reason": rejected.problem.reason,
        "path": rejected.problem.path,
        "message": rejected.problem.message,
        "service": service,
        "received_at": format_time(now),
        "routing_key": rejected.delivery.routing_key,
        "content_type": STRUCTURED if rejected.event is not None else rejected.delivery.content_type,
        "headers": {str(name): str(value) for name, value in rejected.delivery.headers.items()},
        "size": len(body),
        "sha256": identity,
        "body_base64": base64.b64encode(body[:KEPT_BYTES]).decode(),
        **_names(rejected.event),
    }
    return make_event(TYPE, source=f"/wafa/{service}", id=data["rejection_id"], time=now, data=data)


def _names(event: Any) -> dict[str, str]:
    """Return the names by which people will look for the event, as far as they can be read."""
    if not isinstance(event, dict):
        return {}
    named = {
        "event_id": event.get("id"),
        "event_source": event.get("source"),
        "event_type": event.get("type"),
    }
    return {name: value[:200] for name, value in named.items() if isinstance(value, str)}
