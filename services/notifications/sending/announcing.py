"""What follows from a settled row: the world is told, the next step is planned, an early purchase is seen.

All of it is made from the stored row and has a name of its own, so whoever does it again does nothing new.
The row is ticked off last: what a dead worker left is done by whoever looks next.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from services.notifications.campaigns.book import Book
from services.notifications.domain.campaign import Grant
from services.notifications.domain.outreach import FAULT, Outreach, State
from services.notifications.planning.journeys import follow
from services.notifications.planning.keeping import keep
from services.notifications.publishing import announcement, converted, granted
from services.notifications.results.measuring import conversions_of
from services.notifications.store import NotificationsStore
from wafa.contracts.envelope import Event

AT_ONCE = 500
LATER = timedelta(minutes=1)


class Announcer:
    """Does what follows, for any rows that are settled."""

    def __init__(
        self, store: NotificationsStore, publish: Callable[[Sequence[Event]], None], book: Book
    ) -> None:
        self._store = store
        self._publish = publish
        self._book = book

    def announce_left(self, now: datetime) -> None:
        """Do what somebody else should have done by now."""
        self.announce(self._store.unannounced(now, AT_ONCE), now)

    def announce(self, rows: Sequence[Outreach], now: datetime) -> None:
        """Do what follows from these rows, and tick them off.

        A row whose version is not known here waits for a newer release, which runs already: ticked off by us,
        its journey would end there.
        """
        if unknown := [row for row in rows if not self._is_known(row)]:
            self._store.announce_later(unknown, LATER)
        rows = [row for row in rows if row not in unknown]
        if not rows:
            return
        keep(self._store, [next_row for row in rows if (next_row := self._next(row))], now)
        bought = conversions_of(rows, self._store, self._book)
        events = [event for row in rows if (event := self._event(row))]
        self._publish(events + [converted(row) for row in bought])
        self._store.announced([row.id for row in rows])

    def _is_known(self, row: Outreach) -> bool:
        return row.reason == FAULT or self._book.version(row.campaign_key) is not None

    def _event(self, row: Outreach) -> Event | None:
        if row.state is not State.PASSED:
            # The contract has no word for a fault of ours: it is in the log, the row and the metric.
            return announcement(row) if row.reason != FAULT else None
        campaign = self._book.version(row.campaign_key)
        steps = campaign.all_steps() if campaign else ()
        grant = next((one for one in steps if isinstance(one, Grant) and one.id == row.step), None)
        return granted(row, grant) if grant else None

    def _next(self, row: Outreach) -> Outreach | None:
        campaign = self._book.version(row.campaign_key)
        return follow(campaign, row) if campaign else None
