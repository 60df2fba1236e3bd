"""Planned rows into the database; with those of whoever was erased meanwhile nothing personal stays."""

from collections.abc import Sequence
from datetime import datetime

from services.notifications.domain.outreach import Outreach
from services.notifications.store import NotificationsStore


def keep(store: NotificationsStore, rows: Sequence[Outreach], now: datetime) -> None:
    """Add rows; one that is there already stays as it is.

    They may be made of what was read, or told, before an erasure, and may not be due for months.
    """
    store.plan(rows)
    # Looked at afterwards: an erasure that comes later finds the rows, an earlier one is seen here.
    personal = {row.customer_id for row in rows if row.context or row.correlation != row.campaign_key}
    if personal and (gone := store.erased(personal)):
        store.forget(gone, now)
