"""Writes that only ever bring a document forward."""

from collections.abc import Mapping

from pymongo import UpdateOne
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError

from wafa.runtime.mongo import DUPLICATE_KEY, Document


def raise_versions(collection: Collection[Document], updates: Mapping[str, tuple[int, Document]]) -> None:
    """Apply each update, by `_id`, unless the stored version is as high as the one that it brings."""
    if not updates:
        return

    def writes(upsert: bool) -> list[UpdateOne]:
        return [
            UpdateOne({"_id": one, "version": {"$lt": version}}, update, upsert=upsert)
            for one, (version, update) in updates.items()
        ]

    try:
        collection.bulk_write(writes(upsert=True), ordered=False)
    except BulkWriteError as error:
        # A duplicate key on such an upsert: the stored version is as new, or another worker has just inserted
        # the document for the first time. Only without upsert does a second try tell the two apart.
        if any(one["code"] != DUPLICATE_KEY for one in error.details["writeErrors"]):
            raise
        collection.bulk_write(writes(upsert=False), ordered=False)
