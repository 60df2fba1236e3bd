"""What dead workers have left: changes not carried out to the end, versions not published."""

from datetime import datetime

import structlog

from services.customers import settling
from services.customers.changing import Changing
from services.customers.settling import Publish
from services.customers.store import CustomerStore
from wafa.runtime.metrics import PENDING_AGE

log = structlog.get_logger(__name__)


def sweep(store: CustomerStore, publish: Publish, changing: Changing, now: datetime) -> None:
    """Finish what is left, once it is old enough; set the metric, whether that succeeds or not."""
    try:
        # Before the change: one that cannot be carried out must not keep everybody else's from being told.
        if found := settling.sweep(store, publish, now):
            log.warning("published what a dead worker left", customers=found)
        if changing.finish_what_was_left():
            log.warning("carried out a change that a dead worker left")
    finally:
        PENDING_AGE.labels("customers").set(pending_age(store, now))


def pending_age(store: CustomerStore, now: datetime) -> float:
    """Return for how many seconds the oldest pending effect waits; 0 when there is none.

    Pending is a version that is not published, and a change that is not published or that interactions,
    loyalty and notifications have not all confirmed.
    """
    since = [one for one in (settling.oldest_unpublished(store), store.oldest_unfinished()) if one]
    return max(0.0, (now - min(since)).total_seconds()) if since else 0.0
