"""Keys and the audit log in MongoDB."""

from datetime import datetime

from pymongo import ASCENDING, DESCENDING
from pymongo.database import Database

from services.gateway.domain.key import Key
from services.gateway.store.part import Part
from wafa.runtime.mongo import Document, insert_new


class KeyRecords(Part):
    """Keys, and what was done with them."""

    def __init__(self, database: Database[Document]) -> None:
        super().__init__(database)
        self._keys = database["keys"]
        self._audit = database["audit"]

    def create_indexes(self) -> None:
        """Create the indexes of this part, and of the parts behind it."""
        super().create_indexes()
        self._keys.create_index([("created_at", DESCENDING)])
        self._audit.create_index([("at", DESCENDING), ("_id", DESCENDING)])
        self._audit.create_index([("key", ASCENDING), ("at", DESCENDING)])

    def add_key(self, key: Key) -> bool:
        """Keep a new key; tell whether its prefix was free."""
        return not insert_new(self._keys, [_document(key)])

    def key(self, prefix: str) -> Key | None:
        """Return a key, used up or not."""
        found = self._keys.find_one({"_id": prefix})
        return _key(found) if found else None

    def keys(self) -> list[Key]:
        """Return all keys, the newest first."""
        return [_key(one) for one in self._keys.find().sort("created_at", DESCENDING)]

    def end_key(self, prefix: str, field: str, at: datetime) -> None:
        """Let a key expire or be revoked (`field`) at a moment, if it does not end earlier."""
        self._keys.update_one({"_id": prefix}, {"$min": {field: at}})

    def note(self, entries: list[Document]) -> None:
        """Append to the audit log."""
        insert_new(self._audit, entries)


def _document(key: Key) -> Document:
    known = {name: getattr(key, name) for name in Key.__dataclass_fields__ if name != "prefix"}
    known["scopes"] = sorted(key.scopes)
    # No field without a value: `$min` takes nothing for less than any moment.
    return {"_id": key.prefix, **{name: value for name, value in known.items() if value is not None}}


def _key(found: Document) -> Key:
    lists = {name: tuple(found[name]) for name in ("sources", "types")}
    scopes = frozenset(found["scopes"])
    return Key(**{"prefix": found.pop("_id"), **found, **lists, "scopes": scopes})
