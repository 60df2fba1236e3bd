"""What interactions does with events and commands. The table at the foot says which with what."""

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from services.interactions import publishing
from services.interactions.domain.cases import fold_case
from services.interactions.recording import Record, case_event, make_record
from services.interactions.store import InteractionStore
from wafa.contracts.catalogue import INBOUND
from wafa.contracts.duplicates import CONFLICT, Identified, identify, sort_out
from wafa.contracts.envelope import Event, decode
from wafa.contracts.errors import Problem, Unreadable
from wafa.contracts.times import parse_time
from wafa.contracts.validation import check
from wafa.runtime.policy import Reject
from wafa.runtime.publisher import Publish

Resolve = Callable[[list[dict[str, Any]]], list[dict[str, Any]]]


def record(
    events: Sequence[Event], store: InteractionStore, resolve: Resolve, publish: Publish, now: datetime
) -> list[Reject]:
    """Record a batch: who they are, what was said, what follows; return what was refused.

    Customers are resolved in one call, records inserted in one round trip. Records that were there already
    are published again all the same: a worker may have died between writing and publishing.
    """
    arrived = identify(event for event in events if event["type"] in RECORDED)
    # Before anybody is resolved: an event that contradicts a recorded one must have no effect at all.
    batch = Batch(arrived, store.recorded({one.key for one in arrived}))
    references = [_reference(event, key) for key, event in batch.new.items()]
    answers = resolve(references) if references else []
    for (key, event), answer in zip([*batch.new.items()], answers, strict=True):
        if "customer_id" in answer:
            batch.records[key] = make_record(event, key, batch.digests[key], answer["customer_id"], now)
        else:
            batch.refuse(key, Problem(answer["reason"], answer["path"], answer["message"]))
    batch.compare(store.add([batch.records[key] for key in batch.new]))
    refresh_cases(batch.records.values(), store)
    publish([publishing.recorded(one) for one in batch.records.values()])
    return batch.refusals


class Batch:
    """The events of a batch by identity, and what becomes of each: a record or a refusal."""

    def __init__(self, arrived: Sequence[Identified], stored: Mapping[str, Record]) -> None:
        found = sort_out(arrived, {key: record["digest"] for key, record in stored.items()})
        self.new, self.digests = found.new, found.digests
        self.records = {key: stored[key] for key in found.again}
        self.refusals = [Reject(event, CONFLICT) for event in found.conflicts]

    def compare(self, stored: Mapping[str, Record]) -> None:
        """Take what another worker has recorded meanwhile; refuse what contradicts it."""
        for key, record in stored.items():
            if record["digest"] == self.digests[key]:
                self.records[key] = record
            else:
                del self.records[key]
                self.refuse(key, CONFLICT)

    def refuse(self, key: str, problem: Problem) -> None:
        """Refuse a new event."""
        self.refusals.append(Reject(self.new.pop(key), problem))


def refresh_cases(records: Iterable[Record], store: InteractionStore) -> None:
    """Fold anew every case that one of these records belongs to."""
    touched = {one["case_id"] for one in records if "case_id" in one}
    if not touched:
        return
    told: dict[str, list[Record]] = {case_id: [] for case_id in touched}
    for one in store.records_of_cases(touched):
        told[one["case_id"]].append(one)
    store.save_cases(
        [{"_id": case_id, **asdict(fold_case(map(case_event, of)))} for case_id, of in told.items()]
    )


def quarantine(events: Sequence[Event], store: InteractionStore, publish: Publish) -> list[Reject]:
    """Keep what any service has refused, and tell; return what is no refusal at all."""
    entries: dict[str, dict[str, Any]] = {}
    refusals = []
    for event in events:
        try:
            entry = _entry(event["data"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            problem = Problem(
                "invalid", "data", f"not what a service says of a refusal: {type(error).__name__}"
            )
            refusals.append(Reject(event, problem))
        else:
            entries[entry["_id"]] = entry
    kept = store.quarantine([*entries.values()])
    publish([publishing.rejected(entry) for entry in kept])
    return refusals


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
    """
    entry = store.rejected_entry(rejection_id)
    if entry is None:
        return _error("not_found", "", f"no rejected event has the id {rejection_id}")
    if corrected is None and entry["reason"] == CONFLICT.reason:
        return _error(
            CONFLICT.reason, "id", "as it is it contradicts the other event again; correct its `id`"
        )
    try:
        events = (
            _as_list(corrected) if corrected is not None else decode(entry["body"], entry["content_type"])
        )
    except Unreadable as error:
        return _error(error.problem.reason, "", f"{error.problem.message}; give a corrected event")
    if not events:
        return _error("invalid", "", "give at least one event")
    for event in events:
        if problem := check(event, now):
            return _error(problem.reason, problem.path, problem.message)
    publish(events)
    names = [{"source": event["source"], "id": event["id"], "type": event["type"]} for event in events]
    store.mark_replayed(entry, now, names)
    return {"replayed": names}


def _reference(event: Event, key: str) -> dict[str, Any]:
    reference = {"customer": event["data"]["customer"], "time": event["time"], "event": key}
    if "account" in event["data"]:
        reference["account"] = event["data"]["account"]
    return reference


def _entry(rejection: dict[str, Any]) -> dict[str, Any]:
    return {
        "_id": rejection["rejection_id"],
        **{name: _plain(rejection[name]) for name in TOLD if name in rejection},
        # Pairs: a header's name may be anything, and is nobody's key in the database.
        "headers": [[name, value] for name, value in rejection["headers"].items()],
        "received_at": parse_time(rejection["received_at"]),
        "body": base64.b64decode(rejection["body_base64"]),
    }


def _plain(value: Any) -> str | int:
    if not isinstance(value, str | int):
        raise TypeError(f"text or a number is expected, not {type(value).__name__}")
    return value


def _as_list(corrected: Event | list[Event]) -> list[Event]:
    return corrected if isinstance(corrected, list) else [corrected]


def _error(reason: str, path: str, message: str) -> dict[str, Any]:
    return {"error": {"reason": reason, "path": path, "message": message}}


# What a rejection tells, besides its time, headers and bytes.
TOLD = ("reason", "path", "message", "service", "routing_key", "content_type", "size", "sha256",
        "event_id", "event_source", "event_type")  # fmt: skip
# What is recorded. Everything else that reaches the queue comes through the alternate exchange, as an event
# that nobody listens to, and needs nothing done.
RECORDED = frozenset(kind for kind in INBOUND if kind.split(".")[0] not in ("customer", "consent"))
HANDLERS = {**dict.fromkeys(sorted(RECORDED), record), "wafa.quarantined.v1": quarantine}
