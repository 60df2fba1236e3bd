"""The people whom a batch of messages is for, read at once: who they are by now, and their other messages."""

from collections.abc import Sequence

from services.notifications.documents import Damaged
from services.notifications.domain.audience import Entry, home
from services.notifications.domain.decision import Twin
from services.notifications.domain.outreach import Outreach, twin_of
from services.notifications.store import NotificationsStore


class People:
    """A snapshot of the audience, for the rows that it was read for."""

    def __init__(self, store: NotificationsStore, rows: Sequence[Outreach]) -> None:
        """Read the entries and, where customers were merged, the rows of their other ids."""
        self._entries, self._damaged = store.readable_entries({row.customer_id for row in rows})
        several = {row.customer_id: ids for row in rows if len(ids := self._ids(row.customer_id)) > 1}
        others = store.of_people(rows, sorted(set().union(*several.values()))) if several else []
        self._others = {
            customer_id: [row for row in others if row.customer_id in ids]
            for customer_id, ids in several.items()
        }

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

    def twin(self, row: Outreach) -> Twin | None:
        """Return where the same message stands that was planned under another id of the same person."""
        return twin_of(row, self._others.get(row.customer_id, ()))

    def _ids(self, customer_id: str) -> set[str]:
        entry = self._entries.get(home(self._entries, customer_id))
        return {entry.customer_id, *entry.aliases, customer_id} if entry else {customer_id}
