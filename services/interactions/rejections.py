"""The quarantine: what any service has refused is kept, can be corrected, and is published again."""

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from prometheus_client import Gauge

from services.interactions import publishing
from services.interactions.forgetting import FORGET, forget_entries_of_erased, text
from services.interactions.means import Means
from services.interactions.store import PERSONAL, InteractionStore
from wafa.contracts.duplicates import CONFLICT
from wafa.contracts.envelope import Event, decode
from wafa.contracts.errors import Problem, Unreadable
from wafa.contracts.rejection import REASONS
from wafa.contracts.times import parse_time
from wafa.contracts.traces import traceparent_of
from wafa.contracts.validation import check
from wafa.runtime.arguments import check_texts
from wafa.runtime.policy import Reject
from wafa.runtime.publisher import Publish
from wafa.runtime.quarantine import KEPT_BYTES

OPEN = Gauge("wafa_quarantine_entries", "Refused events that nobody has replayed", ["reason"])
ERASED = "customer_erased"
# As many as fit into a message's header frame, and more.
MOST_HEADERS = 50_000


def quarantine(events: Sequence[Event], means: Means) -> list[Reject]:
    """Keep what any service has refused, and tell; return what is no refusal at all."""
    entries: dict[str, dict[str, Any]] = {}
    traces: dict[str, str | None] = {}
    refusals = []
    for event in events:
        try:
            entry = _entry(event["data"])
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            problem = Problem(
                "invalid", "data", f"not what a service says of a refusal: {type(error).__name__}"
            )
            refusals.append(Reject(event, problem))
        else:
            entries[entry["_id"]] = entry
            traces[entry["_id"]] = traceparent_of(event)
    means.store.quarantine([*entries.values()])
    forget_entries_of_erased(entries.values(), means)
    kept = means.store.kept_entries(entries)
    means.publish([publishing.rejected(entry, traces.get(entry["_id"])) for entry in kept])
    return refusals


def measure(store: InteractionStore) -> None:
    """Set the figures of what is in quarantine; a reason that nothing is there for is 0."""
    counts = store.rejected_counts()
    for reason in REASONS.keys() | counts.keys():
        OPEN.labels(reason).set(counts.get(reason, 0))


def replay(
    rejection_id: str,
    corrected: Event | list[Event] | None,
    store: InteractionStore,
    publish: Publish,
    now: datetime,
) -> dict[str, Any]:
    """Publish a quarantined event again, as it was or corrected; safe to repeat.

    Returns `{"replayed": [{source, id, type}]}`, or `{"error": {...}}` with what still stands in the way;
    then nothing was published.

    Raises:
        InvalidArgument: the id is no string.
    """
    check_texts(rejection_id=rejection_id)
    entry = store.rejected_entry(rejection_id)
    if entry is None:
        return _error("not_found", "", f"no rejected event has the id {rejection_id}")
    if entry.get("redacted"):
        return _error(
            "redacted", "", "it told of a customer who was erased; nothing is left that could be replayed"
        )
    if corrected is None and entry["reason"] == CONFLICT.reason:
        return _error(
            CONFLICT.reason, "id", "as it is it contradicts the other event again; correct its `id`"
        )
    try:
        events = _as_list(corrected) if corrected is not None else _refused_events(entry)
    except Unreadable as error:
        return _error(error.problem.reason, "", f"{error.problem.message}; give a corrected event")
    if not events:
        return _error("invalid", "", "give at least one event")
    for place, event in enumerate(events):
        if problem := check(event, now):
            where = f"{place}." if len(events) > 1 else ""
            return _error(problem.reason, where + problem.path, problem.message)
    publish(events)
    names = [{"source": event["source"], "id": event["id"], "type": event["type"]} for event in events]
    store.mark_replayed(entry, now, names)
    return {"replayed": names}


def _refused_events(entry: dict[str, Any]) -> list[Event]:
    if entry["size"] > len(entry["body"]):
        raise Unreadable("too_large", f"of its {entry['size']} bytes the first {len(entry['body'])} are kept")
    # What one of our own services published may be larger than what may come from outside.
    return decode(entry["body"], entry["content_type"], max_bytes=KEPT_BYTES)


def _entry(rejection: dict[str, Any]) -> dict[str, Any]:
    # Looked at closely: what the database will not have would keep the whole quarantine waiting.
    headers, attempts = rejection["headers"], rejection["attempts"]
    if len(headers) > MOST_HEADERS or len(attempts) > MOST_HEADERS:
        raise ValueError("more than any message carries")
    entry = {
        "_id": text(rejection["rejection_id"]),
        **{name: text(rejection[name]) for name in TOLD if name in rejection},
        "size": _size(rejection["size"]),
        # Pairs: a header's name may be anything, and is nobody's key in the database.
        "headers": [[name, text(value)] for name, value in headers.items()],
        "attempts": [{"at": text(one["at"]), "error": text(one["error"])} for one in attempts],
        "received_at": parse_time(rejection["received_at"]),
        "body": base64.b64decode(rejection["body_base64"]),
    }
    if entry["reason"] == ERASED or entry.get("event_type") == FORGET:
        return {name: value for name, value in entry.items() if name not in PERSONAL} | {"redacted": True}
    return entry


def _size(value: Any) -> int:
    if not isinstance(value, int) or not 0 <= value < 2**53:
        raise ValueError("a number of bytes is expected")
    return value


def _as_list(corrected: Event | list[Event]) -> list[Event]:
    return corrected if isinstance(corrected, list) else [corrected]


def _error(reason: str, path: str, message: str) -> dict[str, Any]:
    return {"error": {"reason": reason, "path": path, "message": message}}


# What a rejection tells, besides its time, headers, attempts and bytes.
TOLD = ("reason", "path", "message", "service", "routing_key", "content_type", "sha256",
        "event_id", "event_source", "event_type")  # fmt: skip
