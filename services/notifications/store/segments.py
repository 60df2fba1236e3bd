"""The customers of a segment: how many, and who, page by page."""

import structlog
from pymongo.database import Database

from services.notifications.documents import Damaged, entry_of
from services.notifications.domain.audience import Entry
from services.notifications.store.part import Part
from wafa.runtime.indexes import create_index
from wafa.runtime.mongo import Document

log = structlog.get_logger(__name__)

#: The traits that segments start from: what most of them compare first.
INDEXED = (
    "tier",
    "first_purchase_at",
    "last_purchase_at",
    "due_at",
    "points_expire_at",
    "anniversary",
    "next_tier_progress",
    "feedback_at",
)


class Segments(Part):
    """Reads the audience by filters that `segment_query` makes of rules."""

    def __init__(self, database: Database[Document]) -> None:
        super().__init__(database)
        self._people = database["audience"]

    def create_indexes(self) -> None:
        """Create the indexes that are missing; safe to repeat."""
        super().create_indexes()
        for name in INDEXED:
            create_index(self._people, f"traits.{name}", sparse=True)

    def count(self, query: Document) -> int:
        """Return how many customers there are in a segment."""
        return self._people.count_documents(query)

    def audience_page(self, query: Document, after: str | None, limit: int) -> list[Entry]:
        """Return the next customers of a segment by the order of their ids, those after `after`.

        An entry that cannot be read is left out and logged as an error, so that nobody else is held up by it.
        Only at the end are there fewer than `limit`. One round trip, and one more where entries are damaged.
        """
        page: list[Entry] = []
        while missing := limit - len(page):
            wanted = query if after is None else {"_id": {"$gt": after}, **query}
            found = list(self._people.find(wanted).sort("_id", 1).limit(missing))
            for document in found:
                after = document["_id"]
                try:
                    page.append(entry_of(document))
                except Damaged as error:
                    log.error("audience entry cannot be read", customer_id=after, error=str(error))
            if len(found) < missing:
                break
        return page

    def sample(self, query: Document, limit: int) -> list[Entry]:
        """Return some customers of a segment, the same each time: ids are as good as drawn by lot."""
        return self.audience_page(query, None, limit)
