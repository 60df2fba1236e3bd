"""A batch of statements, settled: whom each one means, what changes by it, and that others hear of it.

The order of the steps is what makes a crash harmless:

1. A version is written together with `unpublished`, the token of this batch.
2. What it tells is published, and confirmed.
3. `unpublished` is taken off.

Whatever a dead worker left between 1 and 3 is found by `sweep`. And nobody writes over a version that may not
be out yet before having published it: so none is ever skipped, least of all `customer.created`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import structlog

from services.customers.domain.customer import Customer
from services.customers.domain.erasure import sift
from services.customers.domain.identity import Refused, decide
from services.customers.domain.profile import Statement
from services.customers.domain.references import own_id
from services.customers.publishing import events_of
from services.customers.store import CustomerStore
from wafa.contracts.envelope import Event
from wafa.contracts.traces import in_trace
from wafa.runtime.errors import Transient
from wafa.runtime.leftovers import log_told

log = structlog.get_logger(__name__)

Publish = Callable[[Sequence[Event]], None]

#: How often a batch reads again because others changed the same customers meanwhile.
MOST_ROUNDS = 20
#: A living worker is long done with its batch by then; were it not, an event would only go out twice.
LEFT_BEHIND = timedelta(seconds=15)
SWEPT_AT_ONCE = 500


def settle(
    statements: Sequence[Statement], store: CustomerStore, publish: Publish, now: datetime, *, exact: bool
) -> list[str | Refused]:
    """Return, in order, the id of the customer whom each statement means, or why it means nobody.

    With `exact`, a profile remembers the last word on a field even where it only repeats what was known.
    Without, a repetition is not written: so the hints that a till sends with every event cost no write.

    Raises:
        Transient: the same customers kept changing under our hands; take the batch again.
    """
    token = new_token(now)
    who: dict[int, str | Refused] = {}
    written: dict[str, Customer] = {}
    stories: dict[str, Statement] = {}
    moved: set[str] = set()
    left: Sequence[int] = range(len(statements))
    for _ in range(MOST_ROUNDS):
        told = [statements[index] for index in left]
        known = _read(told, store, moved)
        erased = _erased(told, known, store)
        means, gained = _decide(told, known, erased)
        who.update(zip(left, means, strict=True))
        moved = set()
        if changes := [*_changes(told, means, gained, known, erased, exact)]:
            publish(events_of(before for before, _ in changes if before.unpublished))
            versions = [
                replace(after, version=before.version + 1, changed_at=now, unpublished=token)
                for before, after in changes
            ]
            moved = store.write(versions)
            stories |= _stories(told, means)
            written |= {one.customer_id: one for one in versions if one.customer_id not in moved}
        left = [index for index in left if who[index] in moved]
        if not left:
            break
    else:
        raise Transient(f"{len(moved)} customers kept changing while they were resolved")
    if written:
        telling = [*events_of(written.values())]
        publish([_in_trace(event, stories) for event in telling])
        log_told(log, (_in_story(event, stories) for event in telling))
        store.set_published(token)
    return [who[index] for index in range(len(statements))]


def sweep(store: CustomerStore, publish: Publish, now: datetime) -> int:
    """Publish what dead workers have written and not published; return how many customers that were."""
    left = store.left_unpublished(sortable(now - LEFT_BEHIND), SWEPT_AT_ONCE)
    publish(events_of(left))
    store.set_swept(left)
    return len(left)


def oldest_unpublished(store: CustomerStore) -> datetime | None:
    """Return when the oldest version was written that nobody has noted as published."""
    oldest = store.left_unpublished(_LAST, 1)
    return datetime.fromisoformat((oldest[0].unpublished or "").partition(" ")[0]) if oldest else None


def new_token(now: datetime) -> str:
    """Return a token for what is written now; tokens sort by time."""
    return f"{sortable(now)} {uuid4().hex}"


def sortable(moment: datetime) -> str:
    """Return a moment as a text that sorts by time, before every token of that moment."""
    return moment.isoformat(timespec="milliseconds")


# Sorts behind every token.
_LAST = "9999"


def _stories(told: Sequence[Statement], who: Sequence[str | Refused]) -> dict[str, Statement]:
    """Return by whose statement each customer changes: the last one, as far as anybody can tell."""
    pairs = zip(who, told, strict=True)
    return {one: statement for one, statement in pairs if isinstance(one, str) and statement.correlation}


def _in_trace(event: Event, stories: Mapping[str, Statement]) -> Event:
    of = stories.get(event["subject"])
    return in_trace(event, of.traceparent if of else None)


def _in_story(event: Event, stories: Mapping[str, Statement]) -> Event:
    """Return an event as the log tells of it. What is published says nothing of what somebody else may not
    know who publishes it again: it is the same event then.
    """
    of = stories.get(event["subject"])
    return {**event, "correlationid": of.correlation} if of else event


def _new_customer_id() -> str:
    # Never made of an identifier: whoever guesses one could still tell, after an erasure, whose the id was.
    return str(uuid4())


def _read(told: Sequence[Statement], store: CustomerStore, moved: set[str]) -> dict[str, Customer]:
    """Return everybody who may be meant. For known customers the strongest keys find all there is to know."""
    ids = moved | {named for one in told if (named := own_id(one.keys[0])) is not None}
    strongest = {one.keys[0] for one in told if own_id(one.keys[0]) is None}
    known = store.find(strongest, ids)
    held = {key for one in known.values() for key in one.identifiers}
    others = {key for one in told for key in one.keys if own_id(key) is None} - held - strongest
    return known | store.find(others) if others else known


def _erased(
    told: Sequence[Statement], known: Mapping[str, Customer], store: CustomerStore
) -> dict[str, datetime]:
    """Return when the last holder of a key was erased, of those keys that had such a holder.

    Whoever came back after an erasure brought that moment along; only keys that nobody holds are looked up.
    It matters that they are looked up after the holders: a key is remembered before it loses its holder.
    """
    erased = {key: at for one in known.values() for key, at in one.returned.items()}
    sealed = [(one.identifiers, one.changed_at) for one in known.values() if one.erased]
    erased |= {key: at for identifiers, at in sealed if at for key in identifiers}
    held = {key for one in known.values() for key in one.identifiers}
    free = {key for one in told for key in one.keys if own_id(key) is None} - held
    return erased | store.erased_at(free) if free else erased


def _decide(
    told: Sequence[Statement], known: Mapping[str, Customer], erased: Mapping[str, datetime]
) -> tuple[list[str | Refused], dict[str, list[str]]]:
    """Return who is meant by each statement, and which identifiers each customer gains."""
    if not erased:
        decision = decide([one.keys for one in told], known, _new_customer_id)
        return decision.who, decision.gained
    held = {key for one in known.values() for key in one.identifiers}
    sifted = [sift(one.keys, one.at, held, erased) for one in told]
    decision = decide([one for one in sifted if not isinstance(one, Refused)], known, _new_customer_id)
    meant = iter(decision.who)
    return [one if isinstance(one, Refused) else next(meant) for one in sifted], decision.gained


def _changes(
    told: Sequence[Statement],
    who: Sequence[str | Refused],
    gained: Mapping[str, list[str]],
    known: Mapping[str, Customer],
    erased: Mapping[str, datetime],
    exact: bool,
) -> Iterator[tuple[Customer, Customer]]:
    """Yield each customer whom the statements change, as they were and as they will be."""
    about: dict[str, list[Statement]] = defaultdict(list)
    for customer_id, statement in zip(who, told, strict=True):
        if isinstance(customer_id, str):
            about[customer_id].append(statement)
    for customer_id, statements in about.items():
        before = known.get(customer_id) or Customer(customer_id)
        if not exact and customer_id not in gained and all(map(before.known.says, statements)):
            continue
        gains = gained.get(customer_id, ())
        after = before.after(gains, statements)
        if returned := {key: erased[key] for key in gains if key in erased}:
            after = replace(after, returned={**before.returned, **returned})
        if before != after if exact else not before.looks_like(after):
            yield before, after
