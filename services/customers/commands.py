"""What people ask for: a merge, its undoing, an erasure. Each may be asked for twice and happens once.

Answers are JSON: the change as in `queries.changes`; with `dry_run` what it would move, and nothing happens;
or `{"error": {"reason", "path", "message"}}`.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from services.customers.changing import Changing
from services.customers.domain.change import ERASE, MERGE, PUBLISHED, UNMERGE, Change
from services.customers.domain.customer import Customer, root_id
from services.customers.domain.identity import Refused
from services.customers.domain.merging import (
    difference,
    not_mergeable,
    not_merged,
    not_there,
    other_person,
    too_large,
    with_brought,
)
from services.customers.erasing import everybody
from services.customers.queries import shown_change
from services.customers.settling import MOST_ROUNDS
from services.customers.store import CustomerStore
from wafa.runtime.arguments import check_texts
from wafa.runtime.errors import Transient

#: What is to be done, and how the person looks before and after.
Plan = tuple[Change, Customer, Customer]


class Commands:
    """The commands as of `now`."""

    def __init__(self, store: CustomerStore, changing: Changing, now: datetime) -> None:
        self._store = store
        self._changing = changing
        self._now = now

    def merge(self, from_id: str, into_id: str, *, dry_run: bool, force: bool) -> dict[str, Any]:
        """Make `from_id` another name of `into_id`.

        Refused as long as both have ids of their own in one system, unless a person says `force`. Reasons:
        `unknown_customer`, `customer_erased`, `same_customer`, `ring`, `already_merged`,
        `conflicting_identifier`, `too_many_identifiers`.
        """
        check_texts(from_id=from_id, into_id=into_id)

        def plan() -> Plan | Change | Refused:
            known = self._store.find((), [from_id, into_id])
            alias = known.get(from_id)
            if alias and alias.merged_into == into_id and (done := self._made(alias)):
                return done
            if refused := not_mergeable(from_id, into_id, known):
                return refused
            branch, root = known[from_id], known[root_id(into_id, known)]
            # A caller may send anything: only a plain yes forces, and only a plain no is no dry run.
            forced = force is True
            if refused := (None if forced else other_person(branch, root)) or too_large(branch, root):
                return refused
            change = self._new(MERGE, (from_id, into_id), from_id, into_id)
            return change, root, replace(root, absorbed=with_brought(root, branch))

        return self._bring_about(plan, dry_run)

    def unmerge(self, from_id: str, *, dry_run: bool) -> dict[str, Any]:
        """Make an alias a customer of their own again, with all that was their own.

        What was said about either of them since the merge stays with the one who remained. Reasons:
        `unknown_customer`, `customer_erased`, `not_merged`.
        """
        check_texts(from_id=from_id)

        def plan() -> Plan | Change | Refused:
            known = self._store.find((), [from_id])
            if refused := not_merged(from_id, known):
                done = self._made(known[from_id]) if refused.reason == "not_merged" else None
                return done or refused
            root = known[root_id(from_id, known)]
            branch = {from_id, *(one.customer_id for one in self._store.aliases(from_id))}
            into_id = known[from_id].merged_into
            change = self._new(UNMERGE, (from_id, str(into_id)), from_id, into_id)
            left = {id: part for id, part in root.absorbed.items() if id not in branch}
            return change, root, replace(root, absorbed=left)

        return self._bring_about(plan, dry_run)

    def erase(self, customer_id: str, *, dry_run: bool) -> dict[str, Any]:
        """Erase the person whom an id means, with all their aliases. It cannot be undone.

        Reasons: `unknown_customer`.
        """
        check_texts(customer_id=customer_id)

        def plan() -> Plan | Change | Refused:
            known = self._store.find((), [customer_id])
            if refused := not_there(customer_id, "customer_id", known):
                done = self._made(known[customer_id]) if customer_id in known else None
                return done or refused
            root = known[root_id(customer_id, known)]
            person = everybody(customer_id, self._store)
            return self._new(ERASE, tuple(person)), root, Customer(root.customer_id)

        return self._bring_about(plan, dry_run)

    def _bring_about(self, plan: Callable[[], Plan | Change | Refused], dry_run: bool) -> dict[str, Any]:
        for _ in range(MOST_ROUNDS):
            planned = plan()
            if isinstance(planned, Refused):
                return _error(planned)
            if isinstance(planned, Change):
                return shown_change(planned)
            change, before, after = planned
            if dry_run is not False:
                return _dry(change, before, after)
            if not self._store.take_turn(change):
                self._help_out()
                continue
            self._changing.carry_out(change)
            made = self._store.changes([change.change_id])[change.change_id]
            if made.state == PUBLISHED:
                return shown_change(made)
        raise Transient("other changes are underway all the time")

    def _help_out(self) -> None:
        if other := self._store.underway():
            self._changing.carry_out(other)

    def _new(
        self, kind: str, customer_ids: tuple[str, ...], from_id: str | None = None, into_id: str | None = None
    ) -> Change:
        return Change(str(uuid4()), kind, customer_ids, self._now, from_id, into_id)

    def _made(self, customer: Customer) -> Change | None:
        """Return the change that made a customer what they are."""
        if customer.change is None:
            return None
        return self._store.changes([customer.change.change_id]).get(customer.change.change_id)


def _dry(change: Change, before: Customer, after: Customer) -> dict[str, Any]:
    between = {"from": change.from_id, "into": change.into_id}
    return {
        "dry_run": True,
        "kind": change.kind,
        **{name: id for name, id in between.items() if id is not None},
        "customer_ids": [*change.customer_ids],
        "customer_id": before.customer_id,
        "moves": difference(before, after),
    }


def _error(refused: Refused) -> dict[str, Any]:
    error = {"reason": refused.reason, "path": refused.field, "message": refused.message}
    return {"error": error}
