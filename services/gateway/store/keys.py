"""Keys in MongoDB."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime

from pymongo import DESCENDING, UpdateOne
from pymongo.database import Database

from services.gateway.domain.key import Key
from services.gateway.store.part import Part
from wafa.runtime.indexes import create_index
from wafa.runtime.mongo import Document, insert_new

_FIELDS = {field.name for field in fields(Key)} - {"prefix"}


class KeyRecords(Part):
    """Keys; none is ever deleted, so that the audit log can be read."""

    def __init__(self, database: Database[Document]) -> None:
        super().__init__(database)
        self._keys = database["keys"]

    def create_indexes(self) -> None:
        """Create the indexes of this part, and of the parts behind it."""
        super().create_indexes()
        create_index(self._keys, [("created_at", DESCENDING)])

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
        """Let a key expire or be revoked (`expires_at`, `revoked_at`) at a moment, if it does not earlier."""
        assert field in ("expires_at", "revoked_at"), "this becomes the name of a field"
        self._keys.update_one({"_id": prefix}, {"$min": {field: at}})

    def use_keys(self, used: Mapping[str, datetime]) -> None:
        """Take down when keys were last used, in one write; safe to repeat."""
        writes = [UpdateOne({"_id": one}, {"$max": {"last_used_at": at}}) for one, at in used.items()]
        if writes:
            self._keys.bulk_write(writes, ordered=False)


def _document(key: Key) -> Document:
    known = {name: getattr(key, name) for name in _FIELDS}
    known["scopes"] = sorted(key.scopes)
    # No field without a value: `$min` takes nothing for less than any moment.
    return {"_id": key.prefix, **{name: value for name, value in known.items() if value is not None}}


def _key(found: Document) -> Key:
    known = {name: value for name, value in found.items() if name in _FIELDS}
    lists = {name: tuple(found[name]) for name in ("sources", "types")}
    return Key(**{"prefix": found["_id"], **known, **lists, "scopes": frozenset(found["scopes"])})
