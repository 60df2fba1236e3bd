"""What interactions does with what comes on its queues. The table at the foot says which with what."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from services.interactions import publishing
from services.interactions.domain.cases import fold_case
from services.interactions.domain.people import Pointer
from services.interactions.forgetting import FORGET, forget
from services.interactions.means import Means
from services.interactions.publishing import SERVICE
from services.interactions.recording import Record, case_event, make_record
from services.interactions.rejections import quarantine
from services.interactions.reopening import reopenings
from services.interactions.store import InteractionStore
from wafa.contracts.catalogue import INBOUND
from wafa.contracts.duplicates import CONFLICT, Identified, identify, sort_out
from wafa.contracts.envelope import Event
from wafa.contracts.errors import Problem
from wafa.contracts.receipts import changes_applied
from wafa.contracts.traces import TRACEPARENT, traceparent_of
from wafa.runtime.policy import Reject
from wafa.runtime.quarantine import TYPE as QUARANTINED
from wafa.runtime.topology import QUARANTINE

Handler = Callable[[Sequence[Event], Means], Sequence[Reject]]
QUEUE = "wafa.interactions"


def take_in(queue: str, events: Sequence[Any], means: Means) -> list[Reject]:
    """Bring about what a batch from this queue asks for; return what was refused."""
    waiting: dict[Handler, list[Event]] = {handle: [] for handle in HANDLERS[queue].values()}
    refused: list[Reject] = []
    for event in events:
        kind = event.get("type") if isinstance(event, dict) else None
        if handle := HANDLERS[queue].get(str(kind)):
            waiting[handle].append(event)
        elif queue == QUARANTINE:
            refused.append(Reject(event, Problem("invalid", "type", "nothing that the quarantine takes")))
    # In the table's order, and so what is refused together with its forgetting is there to be forgotten.
    for handle, these in waiting.items():
        if these:
            refused += handle(these, means)
    return refused


def record(events: Sequence[Event], means: Means) -> list[Reject]:
    """Record a batch: who they are, what was said, what follows; return what was refused.

    Customers are resolved in one call, records inserted in one round trip. Records that were there already
    are published again all the same: a worker may have died between writing and publishing.
    """
    store = means.store
    arrived = identify(events)
    # Before anybody is resolved: an event that contradicts a recorded one must have no effect at all.
    batch = Batch(arrived, store.recorded({one.key for one in arrived}))
    references = [_reference(event, key) for key, event in batch.new.items()]
    answers = means.resolve(references) if references else []
    for (key, event), answer in zip([*batch.new.items()], answers, strict=True):
        if "customer_id" in answer:
            digest = batch.digests[key]
            batch.records[key] = make_record(event, key, digest, answer["customer_id"], means.now)
        else:
            batch.refuse(key, Problem(answer["reason"], answer["path"], answer["message"]))
    batch.compare(store.add([batch.records[key] for key in batch.new]))
    records = list(batch.records.values())
    records += reopenings(records, store, means.now)
    whose = {one["customer_id"] for one in records} | refresh_cases(records, store)
    # Somebody may be erased while their event is in our hands. We write, then look for the mark; whoever
    # erases marks, then redacts what is written: whichever comes second sees what the other one did.
    if erased := store.erased(whose):
        store.redact(erased)
    means.publish([publishing.recorded(one) for one in records if one["customer_id"] not in erased])
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


def refresh_cases(records: Iterable[Record], store: InteractionStore) -> set[str]:
    """Fold anew every case that one of these records belongs to; return whose cases they are."""
    touched = {one["case_id"] for one in records if "case_id" in one}
    if not touched:
        return set()
    told: dict[str, list[Record]] = {case_id: [] for case_id in touched}
    for one in store.records_of_cases(touched):
        told[one["case_id"]].append(one)
    cases = {case_id: fold_case(map(case_event, of)) for case_id, of in told.items()}
    store.cases.save([{"_id": case_id, **asdict(case)} for case_id, case in cases.items()])
    return {case.customer_id for case in cases.values()}


def point(events: Sequence[Event], means: Means) -> list[Reject]:
    """Take in who turned out to be whom, or did not. No record is rewritten: whoever asks is pointed on."""
    means.store.point([POINTERS[event["type"]](event["data"]) for event in events])
    means.publish(changes_applied(events, SERVICE))
    return []


def merged(data: Mapping[str, Any]) -> Pointer:
    """Read of a customer that is another name from now on."""
    return Pointer(data["from"], data["into"], data["version"])


def unmerged(data: Mapping[str, Any]) -> Pointer:
    """Read of a customer that is one of its own again."""
    return Pointer(data["from"], None, data["version"])


def _reference(event: Event, key: str) -> dict[str, Any]:
    reference = {"customer": event["data"]["customer"], "time": event["time"], "event": key}
    if "account" in event["data"]:
        reference["account"] = event["data"]["account"]
    if "correlationid" in event:
        reference["correlationid"] = event["correlationid"]
    if traceparent := traceparent_of(event):
        reference[TRACEPARENT] = traceparent
    return reference


# What is recorded. Everything else that reaches the queue comes through the alternate exchange, as an event
# that nobody listens to, and needs nothing done.
OF_OTHERS = ("customer", "consent", "outreach")
RECORDED = frozenset(kind for kind in INBOUND if kind.split(".")[0] not in OF_OTHERS)
POINTERS = {"customer.merged.v1": merged, "customer.unmerged.v1": unmerged}
#: Queue -> event type -> who handles it, a batch at a time, from the top to the bottom.
HANDLERS: Mapping[str, Mapping[str, Handler]] = {
    QUEUE: {**dict.fromkeys(POINTERS, point), **dict.fromkeys(sorted(RECORDED), record)},
    QUARANTINE: {QUARANTINED: quarantine, FORGET: forget},
}
