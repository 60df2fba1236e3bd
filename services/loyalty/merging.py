"""Merges, their undoing, and erasures: an alias, a re-point and a recompute, never an addition.

    1. write the pointer into the alias's document. Its version moves, so that a worker which is folding onto
       the alias has to read it again, and finds the customer that it points to.
    2. fold those anew whom it pointed to before, and file what they have pending of it
    3. then fold the customer anew whom it points to now, or the one that is freed
    4. say that the change is applied

The order of 2 and 3 is what makes an un-merge lose nothing: what the customer had taken in for the alias is
in the ledger before the alias is folded from it. Every step can be repeated, and is when a worker dies.
`tests/unit/loyalty/test_effects_model.py` searches what can happen in between.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from services.loyalty.domain.program import Program
from services.loyalty.effects import reunite, settle_left
from services.loyalty.family import Circular, Family, find
from services.loyalty.member import Member, alias_target, is_erased, repointed, tombstone
from services.loyalty.publishing import SERVICE
from services.loyalty.store import LoyaltyStore
from wafa.contracts.envelope import Event
from wafa.contracts.receipts import changes_applied
from wafa.runtime.policy import Verdict
from wafa.runtime.publisher import Publish

MERGED = "customer.merged.v1"


def repoint(
    events: Sequence[Event], store: LoyaltyStore, publish: Publish, program: Program, now: datetime
) -> list[Verdict]:
    """Bring merges and their undoing to effect; of those of one alias the highest version holds."""
    if not events:
        return []
    _write_pointers(events, store, now)
    aliases = {event["data"]["from"] for event in events}
    reunite(_left_behind(events, store.members(aliases)), store, publish, program, now)
    reunite(aliases, store, publish, program, now)
    publish(changes_applied(events, SERVICE))
    return []


def erase(
    events: Sequence[Event], store: LoyaltyStore, publish: Publish, program: Program, now: datetime
) -> list[Verdict]:
    """Leave tombstones of erased customers. What comes later for them has no effect, and is not filed."""
    if not events:
        return []
    ids = {event["data"]["customer_id"] for event in events}
    left = ids
    while left:
        members = store.members(left)
        left = store.save([
            tombstone(one, members.get(one), now) for one in left if not is_erased(members.get(one))
        ])  # fmt: skip
    settle_left(store.members(ids).values(), store, publish)
    store.forget_words(ids)
    publish(changes_applied(events, SERVICE))
    return []


def _write_pointers(events: Iterable[Event], store: LoyaltyStore, now: datetime) -> None:
    latest: dict[str, Event] = {}
    for event in sorted(events, key=lambda one: one["data"]["version"]):
        latest[event["data"]["from"]] = event
    while latest:
        family = find(
            store, [id for event in latest.values() for id in (event["data"]["from"], _into(event)) if id]
        )
        news = {one: event for one, event in latest.items() if _is_news(event, family.members.get(one))}
        for customer_id, event in news.items():
            # Those that follow in the batch must see it, or they could close a circle together.
            family.members[customer_id] = _pointing(event, family, now)
        moved = store.save([family.members[customer_id] for customer_id in news])
        latest = {one: latest[one] for one in moved}


def _pointing(event: Event, family: Family, now: datetime) -> Member:
    customer_id, into = event["data"]["from"], _into(event)
    if into and customer_id in family.chain(into):
        raise Circular(f"{into} is an alias of {customer_id}, which was to become its alias")
    return repointed(customer_id, family.members.get(customer_id), into, event["data"]["version"], now)


def _is_news(event: Event, member: Member | None) -> bool:
    if is_erased(member):
        return False
    known: int = member.get("merged", {}).get("version", 0) if member else 0
    return event["data"]["version"] > known


def _left_behind(events: Iterable[Event], aliases: dict[str, Member]) -> set[str]:
    """Return those whom aliases may have pointed to before, and do not now."""
    named = {(event["data"]["from"], event["data"]["into"]) for event in events}
    named |= {
        (one["_id"], one["merged"]["was"]) for one in aliases.values() if "was" in one.get("merged", {})
    }
    return {into for alias, into in named if alias_target(aliases.get(alias)) != into}


def _into(event: Event) -> str | None:
    into: str = event["data"]["into"]
    return into if event["type"] == MERGED else None
