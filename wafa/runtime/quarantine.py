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

import msgspec

from wafa.contracts.envelope import STRUCTURED, Event, derive_id, encode, make_event
from wafa.contracts.errors import Problem
from wafa.contracts.times import format_time
from wafa.contracts.traces import traceparent_of
from wafa.runtime.consumer import Delivery
from wafa.runtime.publisher import Message
from wafa.runtime.retrying import Attempt, legible, original
from wafa.runtime.topology import REFUSED

TYPE = "wafa.quarantined.v1"

# The broker takes messages of 8 MiB, and base64 adds a third. Events are at most 1 MiB.
KEPT_BYTES = 5 * 1024 * 1024
# As much as the contract of `event.rejected.v1` allows, and some room.
MOST_TOLD = {"path": 400, "message": 2000}


@dataclass(frozen=True, slots=True)
class Rejected:
    """Something that was delivered and refused: a whole message, or one event of it."""

    delivery: Delivery
    problem: Problem
    event: Any = None
    attempts: tuple[Attempt, ...] = ()


def rejection_messages(service: str, rejected: Sequence[Rejected], now: datetime) -> Iterator[Message]:
    """Yield one message for each rejected thing, addressed to the quarantine."""
    for one in rejected:
        yield Message(REFUSED, "", _encoded(service, one, now), STRUCTURED)


def _encoded(service: str, rejected: Rejected, now: datetime) -> bytes:
    try:
        return encode(_rejection(service, rejected, now))
    except Exception:
        # Whatever it is that cannot even be quoted, its bytes are kept, and it is never in the way.
        bare = Delivery(rejected.delivery.body, None, "", rejected.delivery.tag)
        return encode(_rejection(service, Rejected(bare, rejected.problem), now))


def _rejection(service: str, rejected: Rejected, now: datetime) -> Event:
    delivery, problem = rejected.delivery, rejected.problem
    body, content_type = original(delivery, rejected.event)
    identity = hashlib.sha256(body).hexdigest()
    data: dict[str, Any] = {
        # The same bytes refused for the same reason are one entry, however often they are delivered.
        "rejection_id": derive_id(f"{service} {identity}", problem.reason),
        "reason": problem.reason,
        "path": problem.path[: MOST_TOLD["path"]],
        "message": problem.message[: MOST_TOLD["message"]],
        "service": service,
        "received_at": format_time(now),
        "routing_key": legible(delivery.routing_key),
        "content_type": content_type,
        "headers": {legible(name): legible(value) for name, value in delivery.headers.items()},
        "attempts": msgspec.to_builtins(rejected.attempts),
        "size": len(body),
        "sha256": identity,
        "body_base64": base64.b64encode(body[:KEPT_BYTES]).decode(),
        **_names(rejected.event),
    }
    traceparent = traceparent_of(rejected.event) if isinstance(rejected.event, dict) else None
    return make_event(
        TYPE,
        source=f"/wafa/{service}",
        id=data["rejection_id"],
        time=now,
        data=data,
        traceparent=traceparent,
    )


def _names(event: Any) -> dict[str, str]:
    """Return the names by which its publisher will look for the event, as far as they can be read."""
    if not isinstance(event, dict):
        return {}
    names = [event.get("id"), event.get("source"), event.get("type")]
    if event.get("type") == "interaction.recorded.v1" and isinstance(event.get("data"), dict):
        # Of our own making: the names that mean something outside are those of the event recorded.
        names = [event.get("causationid"), event["data"].get("source"), event["data"].get("type")]
    told = zip(("event_id", "event_source", "event_type"), names, strict=True)
    return {name: legible(value)[:200] for name, value in told if isinstance(value, str)}
