"""After a restore: who was erased since is erased again, and others hear again what became of whom."""

from typing import Any

import structlog

from services.customers.commands import Commands
from services.customers.publishing import retold
from services.customers.settling import Publish
from services.customers.store import CustomerStore
from wafa.runtime.paging import checked_limit

log = structlog.get_logger(__name__)

MOST = 1000
AT_ONCE = 20
#: What does not tell who a customer is, but what became of them.
CHANGES = frozenset({"customer.merged.v1", "customer.unmerged.v1", "customer.erased.v1"})


def erase_again(store: CustomerStore, commands: Commands) -> None:
    """Erase some of those who are to be erased again; safe to repeat, and to be interrupted."""
    for noted, customer_ids in store.to_erase_again(AT_ONCE):
        for customer_id in customer_ids:
            # Unknown are those who came after the backup was made.
            commands.erase(customer_id, dry_run=False)
        store.erased_again(noted)
        log.warning("erased again after a restore", customers=len(customer_ids))


def retell(store: CustomerStore, publish: Publish, after: str | None, limit: int) -> dict[str, Any]:
    """Publish again who became another name of whom, and who was erased, of a page of customers.

    Returns `{"told": events, "next": the next page's after}`. Each event has the id that it had.

    Raises:
        InvalidArgument: an argument is of another type than its own.
    """
    limit = checked_limit(after, limit, MOST)
    page = store.page(after, limit)
    events = [one for one in retold(page) if one["type"] in CHANGES]
    publish(events)
    return {"told": len(events), "next": page[-1].customer_id if len(page) == limit else None}
