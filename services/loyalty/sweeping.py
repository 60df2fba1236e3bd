"""What dead workers left behind is finished here: published, and filed."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from services.loyalty.effects import settle_left
from services.loyalty.member import Member
from services.loyalty.store import LoyaltyStore
from wafa.runtime.metrics import PENDING_AGE
from wafa.runtime.publisher import Publish

# How long effects may be pending before the sweeper takes it that their worker has died. If it is only slow,
# they are published twice, with the same ids.
ABANDONED = timedelta(seconds=15)
AT_A_TIME = 500


def sweep(store: LoyaltyStore, publish: Publish, now: datetime) -> int:
    """Settle what a dead worker left pending; return for how many members it had to.

    What came of no event is marked, and all marks are looked at: nobody would ever bring it again. For the
    rest each span of time is looked through once: what was pending in it is filed or settled then, for ever.
    """
    upto = now - ABANDONED
    settled = _settle(store.unsettled(upto), "unsettled_since", store, publish, now)
    pending = store.pending_between(store.swept_upto(), upto)
    settled += _settle(pending, "pending_since", store, publish, now)
    store.note_swept(upto)
    PENDING_AGE.labels("loyalty").set(0)
    return settled


def _settle(
    pending: Iterator[Member], since: str, store: LoyaltyStore, publish: Publish, now: datetime
) -> int:
    settled = 0
    while members := list(islice(pending, AT_A_TIME)):
        receipts = store.receipts([one["key"] for member in members for one in member["pending"]])
        left = [member for member in members if any(one["key"] not in receipts for one in member["pending"])]
        if left and not settled:
            # Told before it is settled: where that cannot be done, because something is away, it grows.
            PENDING_AGE.labels("loyalty").set((now - left[0][since]).total_seconds())
        settled += len(left)
        settle_left(store.members([member["_id"] for member in left]).values(), store, publish)
    return settled
