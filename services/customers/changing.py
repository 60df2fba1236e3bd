"""A merge, its undoing, an erasure: from the request to the moment when everybody can know.

A change takes its turn and is entered in the journal, the documents of the customers are written one after
the other, what they tell is published, and the change is closed. Every step may be repeated, by whoever
comes: a worker that died is followed by the sweeper, or by whoever wants to change something next.

There is one change at a time. Two merges that are each harmless can be a ring together, and there is no
transaction over both; people ask for changes, and each takes some hundredths of a second. Nobody waits for
a lock: who finds another change underway helps it to its end. A worker that was thought dead cannot do harm,
because it reads a customer first and the journal after that: had the change been closed in between, the
version that it read would not be the last one, and its write would not pass.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from services.customers.domain.change import ERASE, MERGE, REQUESTED, UNMERGE, Change
from services.customers.domain.customer import Customer, root_id
from services.customers.domain.identity import Refused
from services.customers.domain.merging import not_mergeable, not_merged, parts_of
from services.customers.erasing import Send, erase
from services.customers.publishing import events_of
from services.customers.settling import LEFT_BEHIND, MOST_ROUNDS, Publish, new_token
from services.customers.store import CustomerStore
from wafa.runtime.errors import Transient


class Changing:
    """Carries out changes, as of `now`, with what they need."""

    def __init__(self, store: CustomerStore, publish: Publish, send: Send, now: datetime) -> None:
        self._store = store
        self._publish = publish
        self._send = send
        self._now = now

    def carry_out(self, change: Change) -> Refused | None:
        """Carry out a change from wherever it stands; return why it is impossible.

        Impossible is what became so between the request and its entry in the journal; it is withdrawn.

        Raises:
            Transient: its customers kept changing under our hands; the sweeper takes it up again.
        """
        self._store.enter(change)
        refused = _STEPS[change.kind](self, change)
        if refused is None:
            self._store.close_change(change.change_id, self._now)
        else:
            self._store.withdraw(change.change_id)
        return refused

    def finish_what_was_left(self) -> bool:
        """Complete the change whose worker has died; tell whether there was one."""
        change = self._store.underway()
        if change is None or change.requested_at > self._now - LEFT_BEHIND:
            return False
        self.carry_out(change)
        return True

    def _merge(self, change: Change) -> Refused | None:
        def edit(alias: Customer) -> Customer:
            return alias.merged(_given(change.into_id), change.change_id)

        def impossible(known: dict[str, Customer]) -> Refused | None:
            return not_mergeable(_given(change.from_id), _given(change.into_id), known)

        refused = self._repoint(change, edit, impossible)
        if refused is None:
            alias_id = _given(change.from_id)
            self._announce([alias_id, self._gather(alias_id)])
        return refused

    def _unmerge(self, change: Change) -> Refused | None:
        def edit(alias: Customer) -> Customer:
            return alias.separated(change.change_id, parts_of(self._store.aliases(alias.customer_id)))

        def impossible(known: dict[str, Customer]) -> Refused | None:
            return not_merged(_given(change.from_id), known)

        refused = self._repoint(change, edit, impossible)
        if refused is None:
            both = _given(change.from_id), _given(change.into_id)
            self._announce([*both, *map(self._gather, both)])
        return refused

    def _repoint(
        self,
        change: Change,
        edit: Callable[[Customer], Customer],
        impossible: Callable[[dict[str, Customer]], Refused | None],
    ) -> Refused | None:
        """Write the one document that a merge or its undoing is about."""
        alias_id = _given(change.from_id)
        for _ in range(MOST_ROUNDS):
            known = self._store.find((), [alias_id, _given(change.into_id)])
            alias = known.get(alias_id)
            if alias and alias.change and alias.change.change_id == change.change_id:
                return None
            if not self._is_underway(change):
                return None
            if refused := impossible(known):
                return refused
            if alias and self._write(alias, edit(alias)):
                return None
        raise Transient(f"{alias_id} kept changing")

    def _gather(self, customer_id: str) -> str:
        """Make a root show exactly what its aliases bring; return its id.

        The root is read before its aliases. Whoever adds one meanwhile comes here after that, and of two who
        write only one passes.
        """
        for _ in range(MOST_ROUNDS):
            known = self._store.find((), [customer_id])
            root = known[root_id(customer_id, known)]
            absorbed = parts_of(self._store.aliases(root.customer_id))
            if absorbed == root.absorbed or root.erased:
                return root.customer_id
            if self._write(root, replace(root, absorbed=absorbed)):
                return root.customer_id
        raise Transient(f"{customer_id} kept changing")

    def _erase(self, change: Change) -> Refused | None:
        return erase(change, self._store, self._publish, self._send, self._now)

    def _announce(self, customer_ids: Sequence[str]) -> None:
        """Publish what these customers tell and have not told yet."""
        known = self._store.find((), set(customer_ids))
        left = [known[id] for id in dict.fromkeys(customer_ids) if known[id].unpublished]
        self._publish(events_of(left))
        self._store.set_swept(left)

    def _write(self, before: Customer, after: Customer) -> bool:
        """Write a version, once the one before it is out; tell whether it was still the last."""
        if before.unpublished:
            self._publish(events_of([before]))
        version, token = before.version + 1, new_token(self._now)
        return not self._store.write(
            [replace(after, version=version, changed_at=self._now, unpublished=token)]
        )

    def _is_underway(self, change: Change) -> bool:
        # Asked after the customers were read, and never before: see above.
        found = self._store.changes([change.change_id]).get(change.change_id)
        return found is not None and found.state == REQUESTED


def _given(id: str | None) -> str:
    assert id is not None, "a merge and its undoing are between two"
    return id


_STEPS = {MERGE: Changing._merge, UNMERGE: Changing._unmerge, ERASE: Changing._erase}
