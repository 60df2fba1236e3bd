"""The audit log in MongoDB: rows are appended, never changed and never deleted."""

from collections.abc import Sequence

from pymongo import ASCENDING, DESCENDING
from pymongo.database import Database

from services.gateway.store.part import Part
from wafa.runtime.indexes import create_index
from wafa.runtime.mongo import Document, insert_new


class AuditRecords(Part):
    """Who did what. The `_id` of a row begins with the time of its writing, so it is also its place."""

    def __init__(self, database: Database[Document]) -> None:
        super().__init__(database)
        self._audit = database["audit"]

    def create_indexes(self) -> None:
        """Create the indexes of this part, and of the parts behind it."""
        super().create_indexes()
        for field in ("key", "door"):
            create_index(self._audit, [(field, ASCENDING), ("_id", DESCENDING)])

    def note(self, rows: Sequence[Document]) -> None:
        """Append rows; what is there already stays as it is, so it is safe to repeat."""
        insert_new(self._audit, rows)

    def audit(
        self, key: str | None, door: str | None, since: str | None, before: str | None, limit: int
    ) -> list[Document]:
        """Return rows, the latest first: of this key, of this door, from one `_id` to before another."""
        wanted: Document = {
            name: value for name, value in (("key", key), ("door", door)) if value is not None
        }
        place = {
            operator: value for operator, value in (("$gte", since), ("$lt", before)) if value is not None
        }
        if place:
            wanted["_id"] = place
        return list(self._audit.find(wanted).sort("_id", DESCENDING).limit(limit))
