"""What others have been told of every customer, for whoever has to learn it anew; this publishes nothing."""

from typing import Any

from services.customers.publishing import retold
from services.customers.store import CustomerStore
from wafa.runtime.paging import checked_limit

MOST = 1000


def history(store: CustomerStore, after: str | None = None, limit: int = 500) -> dict[str, Any]:
    """Return a page of events as published, by the ids of customers, and `next`, the next page's `after`.

    `{"events": [...], "next": text or None}`: of a customer the last snapshot, or the merge that made them an
    alias, or the erasure; where a merge was undone, also that. `limit` counts customers.

    Raises:
        InvalidArgument: an argument is of another type than its own.
    """
    limit = checked_limit(after, limit, MOST)
    page = store.page(after, limit)
    return {"events": retold(page), "next": page[-1].customer_id if len(page) == limit else None}
