"""The people whom a batch of messages is for, read at once: who they are by now, and their other messages."""

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from services.notifications.documents import Damaged
from services.notifications.domain.audience import Entry, home
from services.notifications.domain.outreach import Outreach, State
from services.notifications.store import NotificationsStore

#: Seconds for which what was read of a customer is good enough to hand a message over.
FRESH = 2.0


class People:
    """A snapshot of the audience and of its messages, for the rows that it was read for.

    It was read after the rows had been claimed. So of two workers who hold two messages of one person at
    least one sees what the other holds; and what we hold ourselves we decide one after the other: it counts
    as planned until we `note` what has become of it.
    """

    def __init__(self, store: NotificationsStore, rows: Sequence[Outreach], since: datetime) -> None:
        """Read the entries, and the messages of the last time: contacts before `since` matter to no cap."""
        self._store, self._read_at = store, time.monotonic()
        self._entries, self._damaged = store.readable_entries({row.customer_id for row in rows})
        self._ids = {row.customer_id: self._ids_of(row.customer_id) for row in rows}
        several = set().union(*(ids for ids in self._ids.values() if len(ids) > 1))
        campaigns = {row.campaign for row in rows}
        found = store.of_people(set().union(*self._ids.values()), since, campaigns, several)
        ours = {row.id for row in rows}
        self._others: dict[str, dict[str, Outreach]] = defaultdict(dict)
        for row in found:
            self.note(replace(row, state=State.PLANNED) if row.id in ours else row)
        self._held = {row.id: row for row in rows}

    def entry(self, customer_id: str) -> Entry | None:
        """Return the entry of a customer, or of whoever the customer was merged into.

        Raises:
            Damaged: there is one, and it cannot be read.
        """
        own = self._entries.get(customer_id)
        if own and own.erased:
            # All ids of a person are erased together; whichever is heard of first is enough to be silent.
            return own
        at = home(self._entries, customer_id)
        if at in self._damaged:
            raise Damaged(f"audience entry: {self._damaged[at]}")
        return self._entries.get(at)

    def changed(self, row: Outreach) -> bool:
        """Tell whether the customer's entry is another one by now; not asked if we have just read it.

        A far end may take minutes for what is decided on at once. Who complains meanwhile, or wants no more,
        is not to hear from us because of what was known before.
        """
        if time.monotonic() - self._read_at < FRESH:
            return False
        concerned = self._concerned(row.customer_id)
        known = {one: self._entries[one].version for one in concerned if one in self._entries}
        return self._store.versions(concerned) != known

    def _concerned(self, customer_id: str) -> set[str]:
        """Return whose entries say who the customer is: those of the chain of merges that begins there."""
        chain = {customer_id}
        while (entry := self._entries.get(customer_id)) and entry.alias_of and entry.alias_of not in chain:
            customer_id = entry.alias_of
            chain.add(customer_id)
        return chain

    def others(self, row: Outreach) -> list[Outreach]:
        """Return the person's other messages, under all ids: recent ones, and ones to come."""
        rows = (one for id in self._ids[row.customer_id] for one in self._others[id].values())
        return [one for one in rows if one.id != row.id]

    def ids(self, row: Outreach) -> frozenset[str]:
        """Return all ids of the person whom a row is for."""
        return self._ids[row.customer_id]

    def note(self, row: Outreach) -> None:
        """Take down what has become of a row of ours."""
        self._others[row.customer_id][row.id] = row

    def lost(self, ids: Iterable[str]) -> None:
        """Take down that others hold these by now, and may be sending them."""
        for one in ids:
            self.note(replace(self._held[one], state=State.CLAIMED))

    def _ids_of(self, customer_id: str) -> frozenset[str]:
        entry = self._entries.get(home(self._entries, customer_id))
        return frozenset({entry.customer_id, *entry.aliases, customer_id} if entry else {customer_id})
