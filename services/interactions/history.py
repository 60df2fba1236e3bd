"""What others have been told of every interaction, for whoever has to learn it anew. Publishes nothing."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from services.interactions.publishing import recorded
from services.interactions.recording import Record
from services.interactions.store import InteractionStore
from wafa.runtime.paging import checked_limit

MOST = 1000
#: Characters of data in one page: a record may have a megabyte.
MOST_DATA = 4_000_000


def history(store: InteractionStore, after: str | None = None, limit: int = 500) -> dict[str, Any]:
    """Return a page of `interaction.recorded.v1` as published, and `next`, the next page's `after`.

    `{"events": [...], "next": text or None}`, by the identities of the records. What nobody is told any
    more, because its customer was erased, is left out.

    Raises:
        InvalidArgument: an argument is of another type than its own.
    """
    limit = checked_limit(after, limit, MOST)
    read = store.page_of_records(after, limit)
    page = _bounded(read)
    # The mark is looked at after the records were read: whoever erases marks first.
    erased = store.erased({one["customer_id"] for one in page})
    told = [one for one in page if "redacted" not in one and one["customer_id"] not in erased]
    more = len(page) < len(read) or len(read) == limit
    return {"events": [*map(recorded, told)], "next": page[-1]["_id"] if more else None}


def _bounded(records: Sequence[Record]) -> Sequence[Record]:
    sizes = accumulate(len(one["data"]) for one in records)
    fitting = sum(size <= MOST_DATA for size in sizes)
    return records[: max(1, fitting)]
