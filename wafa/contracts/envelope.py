"""The envelope: CloudEvents 1.0 in JSON, one event (structured mode) or an array of them (batch mode).

An event in memory is the plain dict that stood on the wire. Nothing here checks its fields; that is
`wafa.contracts.validation`. Source of the format: CloudEvents 1.0.2, JSON Event Format 1.0.2 and AMQP
Protocol Binding 1.0.2.
"""

import hashlib
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from wafa.contracts.errors import Unreadable
from wafa.contracts.times import format_time

Event = dict[str, Any]

EXCHANGE = "crm.events"
STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
MAX_MESSAGE_BYTES = 1024 * 1024
MAX_BATCH_EVENTS = 1000

# Attributes that a hop on the way may add or change without the event becoming another one.
TRANSPORT_ATTRIBUTES = ("traceparent", "tracestate")

_IDENTITY = uuid.UUID("2b6f4c0e-7f0b-5a55-9c0f-6f8f2a0c9d11")
_encoder = msgspec.json.Encoder()
_canonical = msgspec.json.Encoder(order="sorted")
_decoder = msgspec.json.Decoder()


def event_key(event: Event) -> str:
    """Return the identity of an event for ever: a name-based UUID of its `source` and `id`.

    A line feed can stand in neither (the contract refuses control characters), so no two pairs share a key.
    """
    return _name_based(f"{event['source']}\n{event['id']}")


def derive_id(cause: str, step: str) -> str:
    """Return the id of the follow-up that `step` publishes because of `cause`: the same at every repeat."""
    return _name_based(f"{cause}\t{step}")


def _name_based(name: str) -> str:
    """Return a name-based UUID, version 5 (RFC 9562, 5.5), as text.

    It is what `uuid.uuid5` gives, five times as fast: every event needs about five of them.
    """
    digits = hashlib.sha1(_IDENTITY.bytes + name.encode(), usedforsecurity=False).hexdigest()
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"


def content_digest(event: Event) -> str:
    """Return a SHA-256 of what the event says, to tell a duplicate from a conflict.

    Key order and white space do not matter, nor do the attributes that transport may change on the way.
    """
    said = {name: value for name, value in event.items() if name not in TRANSPORT_ATTRIBUTES}
    return hashlib.sha256(_canonical.encode(said)).hexdigest()


def make_event(
    type: str,
    *,
    source: str,
    id: str,
    time: datetime,
    data: dict[str, Any],
    subject: str | None = None,
    correlation: str | None = None,
    causation: str | None = None,
    traceparent: str | None = None,
) -> Event:
    """Return a CloudEvent; `correlation`, `causation` and `traceparent` become extension attributes."""
    event: Event = {
        "specversion": "1.0",
        "id": id,
        "source": source,
        "type": type,
        "time": format_time(time),
        "datacontenttype": "application/json",
    }
    if subject is not None:
        event["subject"] = subject
    if correlation is not None:
        event["correlationid"] = correlation
    if causation is not None:
        event["causationid"] = causation
    if traceparent is not None:
        event["traceparent"] = traceparent
    event["data"] = data
    return event


def encode(event: Event) -> bytes:
    """Return one event as the body of a structured-mode message."""
    return _encoder.encode(event)


def encode_batch(events: Sequence[Event]) -> bytes:
    """Return events as the body of a batch-mode message."""
    return _encoder.encode(events)


def decode(body: bytes, content_type: str | None, *, max_bytes: int = MAX_MESSAGE_BYTES) -> list[Any]:
    """Return what a message holds: one element in structured mode, all elements of the array in batch mode.

    The elements are whatever JSON stood there; they are not yet known to be events.

    Raises:
        Unreadable: the body is too large, is not JSON in UTF-8, or its content type is not CloudEvents.
    """
    if len(body) > max_bytes:
        raise Unreadable("too_large", f"a message may hold {max_bytes} bytes; this one has {len(body)}")
    media_type = (content_type or "").partition(";")[0].strip().lower()
    if media_type not in (STRUCTURED, BATCH):
        raise Unreadable("unreadable", f"content type must be {STRUCTURED} or {BATCH}, not {content_type!r}")
    try:
        content = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable("unreadable", f"the body is not JSON in UTF-8: {error}") from error
    if media_type == STRUCTURED:
        return [content]
    if not isinstance(content, list):
        raise Unreadable("unreadable", "a batch-mode body must be a JSON array of events")
    if len(content) > MAX_BATCH_EVENTS:
        found = len(content)
        raise Unreadable("too_large", f"a batch may hold {MAX_BATCH_EVENTS} events; this one has {found}")
    return content
