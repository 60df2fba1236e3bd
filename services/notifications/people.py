"""The people whom a batch of messages is for, read at once: who they are by now, and their other messages."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from services.notifications.documents import Damaged
from services.notifications.domain.audience import Entry, home
from services.notifications.domain.outreach import Outreach, State
from services.notifications.store import NotificationsStore


class People:
    """A snapshot of the audience and of its messages, for the rows that it was read for.

    It was read after the rows had been claimed. So of two workers who hold two messages of one person at
    least one sees what the other holds; and what we hold ourselves we decide one after the other: it counts
    as planned until we `note` what has become of it.
    """

    def __init__(self, store: NotificationsStore, rows: Sequence[Outreach], since: datetime) -> None:
        """Read the entries, and the messages of the last time: contacts before `since` matter to no cap."""
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

    def others(self, row: Outreach) -> list[Outreach]:
        """Return the person's other messages, under all ids: recent ones, and ones to come."""
        rows = (one for id in self._ids[row.customer_id] for one in self._others[id].values())
        return [one for one in rows if one.id != row.id]

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
