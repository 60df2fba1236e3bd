"""Forgetting a person: in records, in cases, and in whatever of theirs was refused."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from services.interactions.domain.traces import Traces
from services.interactions.means import Means, Reference
from services.interactions.publishing import SERVICE
from services.interactions.store import PERSONAL
from wafa.contracts.envelope import Event, decode
from wafa.contracts.errors import Problem, Unreadable
from wafa.contracts.receipts import changes_applied
from wafa.contracts.times import format_time, parse_time
from wafa.runtime.errors import Transient
from wafa.runtime.policy import Reject
from wafa.runtime.quarantine import KEPT_BYTES

FORGET = "wafa.forget.v1"
#: Entries between two notes of how far the search has come.
NOTED_EVERY = 200
ASKED_AT_ONCE = 1000
#: So long an erasure waits here until the customers service knows of it too.
PATIENCE = timedelta(minutes=1)
#: Nobody has more ids than that, and what waits for them is written in one go.
MOST_IDS = 10_000
MOST_ID_CHARACTERS = 200
_LONG_AGO = "1970-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Somebody who is to be forgotten: under which ids, and what they can be recognised by."""

    event: Event
    change_id: str
    customer_ids: tuple[str, ...]
    traces: Traces


def forget(events: Sequence[Event], means: Means) -> list[Reject]:
    """Forget people: redact their records and cases, and what of theirs is in quarantine. Safe to repeat."""
    people, refusals = [], []
    for event in events:
        try:
            people.append(_forgotten(event))
        except (KeyError, TypeError, ValueError, OverflowError):
            refusals.append(Reject(event, Problem("invalid", "data", "not what customers says to forget")))
    # Marked first: whoever writes from now on looks, and redacts what we do not find any more.
    means.store.mark_erased({id for one in people for id in one.customer_ids})
    for one in people:
        _wait_for_customers(one, means)
        means.store.redact(one.customer_ids)
        search_quarantine(one.event["id"], one.traces, means)
    means.publish(changes_applied([one.event for one in people], SERVICE))
    return refusals


def search_quarantine(search: str, traces: Traces, means: Means) -> None:
    """Redact every entry that may mention the person, from where the same search was interrupted."""
    found: list[str] = []
    for place, entry in enumerate(means.store.whole_entries(means.store.searched_up_to(search)), 1):
        # Of a picture of 5 MiB, in which no text is, this takes half a minute.
        if means.aside(mentions, entry, traces):
            found.append(entry["_id"])
        if place % NOTED_EVERY == 0:
            means.store.redact_entries(found)
            means.store.note_searched(search, entry["_id"])
            found.clear()
    means.store.redact_entries(found)
    means.store.end_search(search)


def mentions(entry: Mapping[str, Any], traces: Traces) -> bool:
    """Tell whether anything that is kept of a refusal may be about the person."""
    told = "\n".join(str(entry[name]) for name in PERSONAL if name != "body" and name in entry)
    return traces.in_bytes(bytes(entry.get("body", b""))) or traces.in_text(told)


def forget_entries_of_erased(entries: Iterable[Mapping[str, Any]], means: Means) -> None:
    """Redact those of the entries just written that are about somebody who was erased before.

    Only customers can tell, and is asked once for all. Written first and asked then: an erasure is known
    there before the quarantine is searched for it here, so one of the two finds each entry.
    """
    asked = [(entry["_id"], one) for entry in entries if "body" in entry for one in references(entry)]
    found: set[str] = set()
    for start in range(0, len(asked), ASKED_AT_ONCE):
        some = asked[start : start + ASKED_AT_ONCE]
        answers = means.erased([reference for _, reference in some])
        found.update(id for (id, _), erased in zip(some, answers, strict=True) if erased)
    if found:
        means.store.redact_entries(found)


def references(entry: Mapping[str, Any]) -> Iterator[Reference]:
    """Yield a reference for each identifier in the refused events, as far as they can be read.

    One each, because one that is broken must not hide the others.
    """
    try:
        events = decode(entry["body"], entry["content_type"], max_bytes=KEPT_BYTES)
    except Unreadable:
        return
    seen: set[str] = set()
    for event in events:
        data = event.get("data") if isinstance(event, dict) else None
        if isinstance(data, dict):
            for customer in _identifiers(data):
                reference = {"customer": customer, **_when(event, entry)}
                if (key := repr(reference)) not in seen:
                    seen.add(key)
                    yield reference


def _identifiers(data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if isinstance(data.get("customer_id"), str):
        yield {"id": data["customer_id"]}
    for told in (data, data.get("customer")):
        if not isinstance(told, dict):
            continue
        if told is not data and isinstance(told.get("id"), str):
            yield {"id": told["id"]}
        yield from ({"email": one} for one in _texts(told, "email", "emails"))
        country = {name: told[name] for name in ("country",) if isinstance(told.get(name), str)}
        yield from ({"phone": one, **country} for one in _texts(told, "phone", "phones"))
        for one in told["external_ids"] if isinstance(told.get("external_ids"), list) else ():
            if isinstance(one, dict) and isinstance(one.get("system"), str):
                yield {"external_ids": [{"system": one["system"], "id": str(one.get("id"))}]}


def _texts(told: Mapping[str, Any], one: str, many: str) -> list[str]:
    listed = told[many] if isinstance(told.get(many), list) else []
    return [value for value in (told.get(one), *listed) if isinstance(value, str)]


def _when(event: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, str]:
    """When this was said. Of what cannot say when, everything is too late; nothing was said after it came."""
    try:
        said = min(parse_time(event["time"]), entry["received_at"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return {"time": _LONG_AGO, "event": entry["_id"]}
    return {"time": format_time(said), "event": entry["_id"]}


def _wait_for_customers(person: Forgotten, means: Means) -> None:
    """Raise `Transient` as long as customers would not recognise the person as erased, within reason.

    What is refused after our search is looked up there: see `forget_entries_of_erased`.
    """
    time, traces = person.event["time"], person.traces
    known_by: list[dict[str, Any]] = [
        *({"id": one} for one in traces.customer_ids),
        *({"email": one} for one in traces.emails),
        *({"phone": one} for one in traces.phones),
        *({"external_ids": [{"system": system, "id": id}]} for system, id in traces.external_ids),
    ]
    asked = [{"customer": one, "time": time, "event": person.change_id} for one in known_by]
    if abs(means.now - parse_time(time)) < PATIENCE and not all(means.erased(asked)):
        raise Transient("the customers service has not written the erasure down yet")


def _forgotten(event: Event) -> Forgotten:
    data = event["data"]
    traces, customer_ids = data["traces"], _all_texts(data["customer_ids"])
    parse_time(event["time"])
    _short(event["id"])
    if len(customer_ids) > MOST_IDS:
        raise ValueError("more ids than one person has")
    looked_for = Traces(
        customer_ids=customer_ids,
        emails=_all_texts(traces["emails"]),
        phones=_all_texts(traces["phones"]),
        external_ids=tuple((text(one["system"]), text(one["id"])) for one in traces["external_ids"]),
        names=_all_texts(traces["names"]),
    )
    # What cannot be looked for shows now, and not when the quarantine waits for it.
    looked_for.in_text("")
    return Forgotten(event, _short(data["change_id"]), customer_ids, looked_for)


def _all_texts(values: Any) -> tuple[str, ...]:
    if not isinstance(values, list):
        raise TypeError(f"a list is expected, not {type(values).__name__}")
    return tuple(map(text, values))


def _short(value: Any) -> str:
    if len(text(value)) > MOST_ID_CHARACTERS:
        raise ValueError("too long for an id")
    return str(value)


def text(value: Any) -> str:
    """Return a value that is text; raise a `TypeError` for any other."""
    if not isinstance(value, str):
        raise TypeError(f"text is expected, not {type(value).__name__}")
    return value
