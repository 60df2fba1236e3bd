"""The rules of effect, rule 4: how facts come into members exactly once, whatever dies in between.

    1. read the members                (one query; one more where there are aliases)
    2. then the receipts               (one query; the other way round an event could be applied twice)
    3. fold what is in neither, and write each member guarded by its version, with what it wants to publish
       under `pending` in the same document; begin anew for those whose version had moved
    4. publish, and wait for the confirms
    5. file the ledger rows: a row is the receipt that the effects of its event are out

A pending entry is dropped by the next write of its member that sees its receipt. One that has no row, because
it comes of the passing of time or of a merge, is dropped as soon as it is settled.

A fact of an alias goes to the customer that it points to, but only if that one is known to count the alias:
its document names them, and is guarded. Otherwise the customer is first folded anew (`reunite`).
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from itertools import chain

from services.loyalty import publishing
from services.loyalty.domain.codec import decode_fact
from services.loyalty.domain.errors import Late
from services.loyalty.domain.program import Program
from services.loyalty.domain.state import State
from services.loyalty.family import Family, closure, find
from services.loyalty.member import Change, Entry, Member, alias_target, is_erased, make_member, unfiled
from services.loyalty.store import LoyaltyStore
from wafa.runtime.publisher import Publish


def apply(
    entries: Sequence[Entry], store: LoyaltyStore, publish: Publish, program: Program, now: datetime
) -> None:
    """Bring entries into their members and settle what comes of it. Those of erased customers are dropped."""
    waiting: dict[str, list[Entry]] = {}
    for entry in entries:
        waiting.setdefault(entry.customer_id, []).append(entry)
    settling: list[Member] = []
    while waiting:
        family = find(store, waiting)
        groups = _by_root(waiting, family)
        members = {root: family.members.get(root) for root in groups}
        receipts = _receipts(store, members.values(), waiting.values())
        changes, strangers = [], set[str]()
        for root, ids in groups.items():
            change = Change(root, members[root], receipts)
            if is_erased(change.member):
                continue
            if not ids.issubset(change.ids):
                strangers |= ids
                continue
            change.add((entry for customer_id in ids for entry in waiting[customer_id]), receipts)
            if change.new:
                changes.append(change)
            elif change.unfiled:
                # Somebody has applied these and not yet filed them: perhaps a worker that died.
                settling.append({**change.member, "pending": change.unfiled})
        written = write(changes, store, program, now)
        settling += written.values()
        reunite(strangers, store, publish, program, now)
        moved = [groups[one.customer_id] for one in changes if one.customer_id not in written]
        waiting = {customer_id: waiting[customer_id] for customer_id in strangers.union(*moved)}
    settle(settling, store, publish)


def reunite(
    customer_ids: Iterable[str], store: LoyaltyStore, publish: Publish, program: Program, now: datetime
) -> None:
    """Fold these customers, or whom they point to, anew over the ledgers of all their aliases, and settle it.

    The customer is read before the aliases, so that whoever changes what they point to afterwards finds the
    version moved, or is found. An alias takes nothing in any more; what it still has pending is filed first.
    It is always written, even where nothing is different: the version fences off those who read before.
    """
    left = set(customer_ids)
    while left:
        family = find(store, left)
        roots = {root for root in map(family.root, left) if not is_erased(family.members.get(root))}
        aliases = closure(store, roots)
        _settle_aliases([*family.members.values(), *chain.from_iterable(aliases.values())], store, publish)
        members = {root: family.members.get(root) for root in roots}
        receipts = _receipts(store, members.values())
        changes = [Change(root, member, receipts, aliases[root]) for root, member in members.items()]
        written = write(changes, store, program, now)
        settle([*written.values()], store, publish)
        left = {one for one in left if family.root(one) in roots - written.keys()}


def write(
    changes: Sequence[Change], store: LoyaltyStore, program: Program, now: datetime
) -> dict[str, Member]:
    """Fold and write the changes in one round trip; return the members that had not moved."""
    members = folded(changes, store, program, now)
    moved = store.save(members)
    return {member["_id"]: member for member in members if member["_id"] not in moved}


def folded(changes: Sequence[Change], store: LoyaltyStore, program: Program, now: datetime) -> list[Member]:
    """Return the members that follow from the changes, in their order; nothing is written."""
    states: dict[str, State] = {}
    late: list[Change] = []
    for change in changes:
        try:
            states[change.customer_id] = change.fold_on(program)
        except Late:
            late.append(change)
    if late:
        rows = store.ledger([customer_id for change in late for customer_id in change.ids])
        for change in late:
            filed = [decode_fact(row["fact"]) for customer_id in change.ids for row in rows[customer_id]]
            states[change.customer_id] = change.refold(program, filed)
    return [make_member(change, states[change.customer_id], program, now) for change in changes]


def settle(members: Sequence[Member], store: LoyaltyStore, publish: Publish) -> None:
    """Publish what is pending in these members and file the receipts (steps 4 and 5)."""
    pending = [one for member in members for one in member["pending"]]
    updated = [publishing.member_updated(member) for member in members if "state" in member]
    publish([*updated, *(event for one in pending for event in one["follow_ups"])])
    store.file([one["row"] for one in pending if one["row"]])
    # There will be no receipt by which the next write could know that these are out.
    store.drop_pending([one for one in members if any(not entry["row"] for entry in one["pending"])])


def settle_left(members: Iterable[Member], store: LoyaltyStore, publish: Publish) -> None:
    """Settle what has no receipt, and empty `pending` of members that are still as given."""
    members = list(members)
    receipts = _receipts(store, members)
    left = [{**member, "pending": unfiled(member, receipts)} for member in members]
    settle([one for one in left if one["pending"]], store, publish)
    store.drop_pending(left)


def _settle_aliases(documents: Iterable[Member], store: LoyaltyStore, publish: Publish) -> None:
    pending = {one["_id"]: one for one in documents if alias_target(one) and one["pending"]}
    if pending:
        settle_left(pending.values(), store, publish)


def _receipts(
    store: LoyaltyStore, members: Iterable[Member | None], entries: Iterable[Sequence[Entry]] = ()
) -> Collection[str]:
    keys = [entry.fact.key for several in entries for entry in several]
    return store.receipts(keys + [one["key"] for member in members if member for one in member["pending"]])


def _by_root(customer_ids: Iterable[str], family: Family) -> dict[str, set[str]]:
    groups: dict[str, set[str]] = {}
    for customer_id in customer_ids:
        groups.setdefault(family.root(customer_id), set()).add(customer_id)
    return groups
