"""The document of a customer in loyalty: what the next one is, after facts, after time, after a merge.

    a member          has `state`, and `aliases`: the other ids whose facts it counts
    an alias          has `merged.into` and no figures: it is another name of that customer
    a customer freed  has `merged` without `into`, and no `state` until it is folded anew from the ledger
    a tombstone       has `erased` and nothing else to tell

All have a `version` that only grows, whatever they turn into, and `pending`: what is to be published and
filed because of what was written.
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
from services.loyalty.domain.errors import Regrouped
from services.loyalty.domain.facts import Fact
from services.loyalty.domain.fold import fold, rebuild
from services.loyalty.domain.outcomes import Announced, outcomes, unsaid
from services.loyalty.domain.program import Program
from services.loyalty.domain.state import State, start
from services.loyalty.domain.view import view
from wafa.contracts.traces import TRACEPARENT, in_trace

Member = dict[str, Any]
Pending = dict[str, Any]

# How long after the last purchase was heard of it is said that the next one is overdue, or that the customer
# slips away: time enough for the rest of a history that is being replayed.
SETTLED = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """A fact on its way into the ledger, with the id of the customer that it came with."""

    customer_id: str
    fact: Fact
    correlation: str | None
    traceparent: str | None = None


class Change:
    """What one member is about to become: the member as read, and the entries that are new to it.

    With `aliases` (their documents) the member is folded anew over the ledgers of exactly these; without,
    its aliases stay as they are.
    """

    def __init__(
        self,
        customer_id: str,
        member: Member | None,
        receipts: Iterable[str],
        aliases: Iterable[Member] | None = None,
    ) -> None:
        self.customer_id = customer_id
        self.member = member
        self.unfiled = unfiled(member, receipts) if member else []
        self.regrouped = aliases is not None
        self.aliases = aliases_of(member) if aliases is None else sorted(map(_alias, aliases), key=_id)
        self.new: list[Entry] = []

    @property
    def ids(self) -> list[str]:
        """The ids whose facts the member counts: its own and its aliases'."""
        return [self.customer_id, *map(_id, self.aliases)]

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
        if self.regrouped or (self.member and "state" not in self.member):
            raise Regrouped
        state = decode_state(self.member["state"]) if self.member else start(program)
        return fold(program, state, self.facts())

    def refold(self, program: Program, filed: Iterable[Fact]) -> State:
        """Return the state folded anew: from the ledger, what is applied but not filed, what is new."""
        return rebuild(program, [*filed, *applied(self.unfiled, self.ids), *self.facts()])


def aliases_of(member: Member | None) -> list[dict[str, Any]]:
    """Return the aliases whose facts a member counts: `{"id", "announced"}` each."""
    return member.get("aliases", []) if member else []


def alias_target(member: Member | None) -> str | None:
    """Return the customer that an alias points to, None for what is no alias."""
    into: str | None = member.get("merged", {}).get("into") if member else None
    return into


def is_erased(member: Member | None) -> bool:
    """Tell whether this is what is left of a customer who was erased."""
    return bool(member and member.get("erased"))


def unfiled(member: Member, receipts: Iterable[str]) -> list[Pending]:
    """Return those of a member's pending entries that have no receipt."""
    return [pending for pending in member["pending"] if pending["key"] not in receipts]


def applied(pending: Iterable[Pending], ids: Iterable[str]) -> list[Fact]:
    """Return the facts of pending entries that count for these customers.

    Others are of an alias that has been freed since: they wait only to be filed.
    """
    rows = [one["row"] for one in pending if one["row"]]
    counted = set(ids)
    return [decode_fact(row["fact"]) for row in rows if row["customer_id"] in counted]


def make_member(change: Change, state: State, program: Program, now: datetime) -> Member:
    """Return the member document that follows, with what is to be published and filed under `pending`."""
    before = change.member or {}
    member = _next(change.customer_id, change.member, now)
    if "merged" in before:
        member["merged"] = before["merged"]
    if change.aliases:
        member["aliases"] = change.aliases
    if state.last is None and "snapshot" not in before:
        # Nothing was ever bought, and nobody was told of anything: there is nothing to tell now.
        return _with_pending(member, change.unfiled, before, now)
    announced = _announced(before)
    elsewhere = [_announced(alias) for alias in change.aliases]
    seen = view(program, state, now)
    at_rest = not (change.new or change.regrouped)
    found, announced = outcomes(program, announced, seen, change.facts(), elsewhere, at_rest=at_rest)
    pending = [*change.unfiled, *map(_pending_entry, change.new, [now] * len(change.new))]
    correlation = change.new[-1].correlation if change.new else None
    traceparent = change.new[-1].traceparent if change.new else None
    if not change.new:
        # Time has passed, or a merge: there is no fact to be told apart from its repetitions, no receipt.
        pending.append(_without_row(f"{change.customer_id} {member['version']}"))
    cause = pending[-1]["key"]
    pending[-1]["follow_ups"] = [
        in_trace(publishing.announcement(outcome, change.customer_id, cause, correlation, now), traceparent)
        for outcome in found
    ]
    member |= {
        "state": encode_state(state),
        "announced": encode_announced(announced),
        "snapshot": publishing.snapshot(seen, program),
        "spend": seen.spend,
    }
    wakes_at = now + SETTLED if unsaid(announced, seen, elsewhere) else seen.wakes_at
    if wakes_at:
        member["wakes_at"] = wakes_at
    if correlation:
        member["correlation_id"] = correlation
    if traceparent:
        member[TRACEPARENT] = traceparent
    return _with_pending(member, pending, before, now)


def repointed(
    customer_id: str, member: Member | None, into: str | None, version: int, now: datetime
) -> Member:
    """Return the document that makes a customer an alias of `into`, or (None) frees it.

    `version` is that of the merge. What was pointed to before is kept as `was`: should whoever writes this
    die, it is found there that those have to be folded anew as well.
    """
    before = member or {}
    merged: dict[str, Any] = {"version": version}
    if into:
        merged["into"] = into
    known = before.get("merged", {})
    was = known["into"] if known.get("into", into) != into else known.get("was")
    if was:
        merged["was"] = was
    document = _next(customer_id, member, now) | {"merged": merged}
    # What was said of them stays said: it is not said again when they are freed.
    document |= {name: before[name] for name in ("announced", "snapshot") if name in before}
    return _with_pending(document, before.get("pending", []), before, now)


def tombstone(customer_id: str, member: Member | None, now: datetime) -> Member:
    """Return what is left of a customer who was erased. Facts that are applied already are still filed."""
    before = member or {}
    pending = [one | {"follow_ups": []} for one in before.get("pending", []) if one["row"]]
    return _with_pending(_next(customer_id, member, now) | {"erased": True}, pending, before, now)


def _next(customer_id: str, member: Member | None, now: datetime) -> Member:
    return {"_id": customer_id, "version": member["version"] + 1 if member else 1, "updated_at": now}


def _with_pending(member: Member, pending: Sequence[Pending], before: Member, now: datetime) -> Member:
    member["pending"] = list(pending)
    if pending:
        # Whoever writes settles the entries of others along with its own.
        member["pending_since"] = now
    if any(one["row"] is None for one in pending):
        member["unsettled_since"] = before.get("unsettled_since", now)
    return member


def _alias(document: Member) -> dict[str, Any]:
    return {"id": document["_id"], "announced": document.get("announced")}


def _id(alias: dict[str, Any]) -> str:
    id: str = alias["id"]
    return id


def _announced(holder: dict[str, Any]) -> Announced:
    stored = holder.get("announced")
    return decode_announced(stored) if stored else Announced()


def _without_row(key: str) -> Pending:
    return {"key": key, "row": None, "follow_ups": []}


def _pending_entry(entry: Entry, now: datetime) -> Pending:
    row = {
        "_id": entry.fact.key,
        "customer_id": entry.customer_id,
        "time": entry.fact.time,
        "recorded_at": now,
        "fact": encode_fact(entry.fact),
    }
    return {"key": entry.fact.key, "row": row, "follow_ups": []}
