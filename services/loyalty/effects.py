"""The rules of effect, rule 4: how facts come into members exactly once, whatever dies in between.

    1. read the members                (one query)
    2. then the receipts               (one query; the other way round an event could be applied twice)
    3. fold what is in neither, and write each member guarded by its version, with what it wants to publish
       under `pending` in the same document; begin anew for those whose version had moved
    4. publish, and wait for the confirms
    5. file the ledger rows: a row is the receipt that the effects of its event are out

A pending entry is dropped by the next write of its member that sees its receipt, or by the sweeper.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.loyalty import publishing
from services.loyalty.domain.codec import (
    decode_announced,
    decode_fact,
    decode_state,
    encode_announced,
    encode_fact,
    encode_state,
)
from services.loyalty.domain.errors import Late
from services.loyalty.domain.facts import Fact
from services.loyalty.domain.fold import fold, rebuild
from services.loyalty.domain.outcomes import Announced, outcomes, overdue
from services.loyalty.domain.program import Program
from services.loyalty.domain.state import State, start
from services.loyalty.domain.view import view
from services.loyalty.store import LoyaltyStore
from wafa.runtime.publisher import Publish

Member = dict[str, Any]

# How long after the last purchase was heard of it is said that the next one is overdue: time enough for the
# rest of a history that is being replayed.
SETTLED = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """A fact on its way into the ledger of a customer."""

    customer_id: str
    fact: Fact
    correlation: str | None


def apply(entries: Sequence[Entry], store: LoyaltyStore, program: Program, now: datetime) -> list[Member]:
    """Bring entries into their members (steps 1 to 3); return the members whose effects are to be settled."""
    waiting: dict[str, list[Entry]] = {}
    for entry in entries:
        waiting.setdefault(entry.customer_id, []).append(entry)
    settling: list[Member] = []
    while waiting:
        members = store.members(waiting)
        receipts = store.receipts(
            [entry.fact.key for of_one in waiting.values() for entry in of_one]
            + [pending["key"] for member in members.values() for pending in member["pending"]]
        )
        changes = []
        for customer_id, of_one in waiting.items():
            change = Change(customer_id, members.get(customer_id), receipts)
            change.add(of_one, receipts)
            if change.new:
                changes.append(change)
            elif change.unfiled:
                # Somebody has applied these and not yet filed them: perhaps a worker that died.
                settling.append({**members[customer_id], "pending": change.unfiled})
        written = write(changes, store, program, now)
        settling += [member for customer_id, member in written.items()]
        waiting = {
            change.customer_id: waiting[change.customer_id]
            for change in changes
            if change.customer_id not in written
        }
    return settling


def settle(members: Sequence[Member], store: LoyaltyStore, publish: Publish) -> None:
    """Publish what is pending in these members and file the receipts (steps 4 and 5)."""
    follow_ups = [
        event for member in members for pending in member["pending"] for event in pending["follow_ups"]
    ]
    publish([*map(publishing.member_updated, members), *follow_ups])
    store.file([pending["row"] for member in members for pending in member["pending"] if pending["row"]])


class Change:
    """What one member is about to become: the member as read, and the entries that are new to it."""

    def __init__(self, customer_id: str, member: Member | None, receipts: Iterable[str]) -> None:
        self.customer_id = customer_id
        self.member = member
        self.unfiled = (
            [pending for pending in member["pending"] if pending["key"] not in receipts] if member else []
        )
        self.new: list[Entry] = []

    def add(self, entries: Iterable[Entry], receipts: Iterable[str]) -> None:
        """Take those entries as new that were not applied yet: in no receipt, and not pending either."""
        known = {pending["key"] for pending in self.unfiled}
        for entry in entries:
            if entry.fact.key not in receipts and entry.fact.key not in known:
                known.add(entry.fact.key)
                self.new.append(entry)

    def facts(self) -> list[Fact]:
        """Return the new facts."""
        return [entry.fact for entry in self.new]

    def fold_on(self, program: Program) -> State:
        """Return the state with the new facts folded on top; raises `Late` where that cannot be."""
        state = decode_state(self.member["state"]) if self.member else start(program)
        return fold(program, state, self.facts())

    def refold(self, program: Program, filed: Iterable[Fact]) -> State:
        """Return the state folded anew: from the ledger, what is applied but not filed, what is new."""
        applied = [decode_fact(pending["row"]["fact"]) for pending in self.unfiled if pending["row"]]
        return rebuild(program, [*filed, *applied, *self.facts()])


def write(
    changes: Sequence[Change], store: LoyaltyStore, program: Program, now: datetime
) -> dict[str, Member]:
    """Fold and write the changes in one round trip; return the members that had not moved."""
    states: dict[str, State] = {}
    late: list[Change] = []
    for change in changes:
        try:
            states[change.customer_id] = change.fold_on(program)
        except Late:
            late.append(change)
    if late:
        rows = store.ledger([change.customer_id for change in late])
        for change in late:
            filed = [decode_fact(row["fact"]) for row in rows[change.customer_id]]
            states[change.customer_id] = change.refold(program, filed)
    members = [make_member(change, states[change.customer_id], program, now) for change in changes]
    moved = store.save(members)
    return {member["_id"]: member for member in members if member["_id"] not in moved}


def make_member(change: Change, state: State, program: Program, now: datetime) -> Member:
    """Return the member document that follows, with what is to be published and filed under `pending`."""
    before = change.member or {"version": 0, "announced": None}
    version = before["version"] + 1
    announced = decode_announced(before["announced"]) if before["announced"] else Announced()
    seen = view(program, state, now)
    found, announced = outcomes(program, announced, seen, change.facts())
    pending = [*change.unfiled, *map(_pending_entry, change.new, [now] * len(change.new))]
    correlation = change.new[-1].correlation if change.new else None
    if not change.new:
        # Only time has passed. There is no event to be told apart from its repetitions, hence no receipt.
        pending.append({"key": f"{change.customer_id} {version}", "row": None, "follow_ups": []})
    cause = pending[-1]["key"]
    pending[-1]["follow_ups"] = [
        publishing.announcement(outcome, change.customer_id, cause, correlation, now) for outcome in found
    ]
    member: Member = {
        "_id": change.customer_id,
        "version": version,
        "updated_at": now,
        "state": encode_state(state),
        "announced": encode_announced(announced),
        "snapshot": publishing.snapshot(seen, program),
        "spend": seen.spend,
        "pending": pending,
        # Whoever writes settles the entries of others along with its own.
        "pending_since": now,
    }
    wakes_at = now + SETTLED if overdue(announced, seen) else seen.wakes_at
    if wakes_at:
        member["wakes_at"] = wakes_at
    if correlation:
        member["correlation_id"] = correlation
    return member


def _pending_entry(entry: Entry, now: datetime) -> dict[str, Any]:
    row = {
        "_id": entry.fact.key,
        "customer_id": entry.customer_id,
        "time": entry.fact.time,
        "recorded_at": now,
        "fact": encode_fact(entry.fact),
    }
    return {"key": entry.fact.key, "row": row, "follow_ups": []}
