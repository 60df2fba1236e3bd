"""The rows that one sender holds: nobody else touches them for as long as the claim is renewed."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from services.notifications.domain.outreach import Outreach
from services.notifications.sending.settling import Settler
from services.notifications.store import NotificationsStore

#: How often a claim is renewed within its lease.
RENEWALS = 4


class Claim:
    """What is left of the rows that were taken at once. Safe to share among threads.

    It lapses after `lease`; what has been handed over is settled for as long as `patience` while the database
    is away.
    """

    def __init__(
        self,
        store: NotificationsStore,
        rows: Sequence[Outreach],
        clock: Callable[[], datetime],
        *,
        lease: timedelta,
        patience: timedelta,
    ) -> None:
        self._store, self._clock, self._lease = store, clock, lease
        self._token = rows[0].claim or ""
        self._left = {row.id for row in rows}
        self._renewed_at = clock()
        self._settler = Settler(lambda rows: store.settle(self._token, rows), patience=patience)
        self._beginner = Settler(self._begin, patience=patience)

    @property
    def rest(self) -> timedelta:
        """After how long it is to be renewed."""
        return self._lease / RENEWALS

    def holds(self, row: Outreach) -> bool:
        """Tell whether a row is still ours to handle, by what the last renewal found."""
        return row.id in self._left

    def is_fresh(self) -> bool:
        """Tell whether it was renewed so recently that nobody else can have taken anything since."""
        return timedelta() <= self._clock() - self._renewed_at < self.rest

    def look(self) -> set[str]:
        """Return the ids of what is somebody else's by now; writes only when it is time to renew.

        Between two renewals nothing can have lapsed, but a customer may have been erased.
        """
        if not self.is_fresh():
            return self.renew()
        asked = {*self._left}
        return self._lost(asked, self._store.held(self._token, asked))

    def renew(self) -> set[str]:
        """Hold what is left for another lease; return the ids of what is somebody else's by now.

        The claim lapsed before we came to it, or its customer was erased.
        """
        now, asked = self._clock(), {*self._left}
        held = self._store.renew(self._token, [*asked], now + self._lease)
        self._renewed_at = now
        return self._lost(asked, held)

    def begin(self, row: Outreach) -> None:
        """Note that a row is being handed over, before it is."""
        self._beginner.settle([row])

    def settle(self, rows: Sequence[Outreach]) -> None:
        """Write rows down as they are left; return when that is durable."""
        self._settler.settle(rows)
        self._left.difference_update(row.id for row in rows)

    def release(self) -> None:
        """Give back what is left."""
        if self._left:
            self._store.release(self._token, self._clock())

    def _begin(self, rows: Sequence[Outreach]) -> None:
        self._store.begin(self._token, [row.id for row in rows])

    def _lost(self, asked: set[str], held: set[str]) -> set[str]:
        # What another thread has settled meanwhile is held no more either.
        lost = (asked - held) & self._left
        self._left -= lost
        return lost
