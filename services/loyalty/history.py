"""What others have been told of every member, for whoever has to learn it anew; this publishes nothing."""

from typing import Any

from services.loyalty.publishing import member_updated
from services.loyalty.store import LoyaltyStore
from wafa.runtime.paging import checked_limit

MOST = 1000


def history(store: LoyaltyStore, after: str | None = None, limit: int = 500) -> dict[str, Any]:
    """Return a page of `loyalty.member_updated.v1` as last published, and `next`, the next page's `after`.

    `{"events": [...], "next": text or None}`, by the ids of customers. Aliases have no figures of their own.

    Raises:
        InvalidArgument: an argument is of another type than its own.
    """
    limit = checked_limit(after, limit, MOST)
    page = store.page_told(after, limit)
    return {"events": [*map(member_updated, page)], "next": page[-1]["_id"] if len(page) == limit else None}
