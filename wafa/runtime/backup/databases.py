"""The databases of all services, through one user who may read them (or write, for a restore)."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bson import json_util
from pymongo import MongoClient, ReadPreference
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import ConfigurationError, OperationFailure, PyMongoError
from pymongo.write_concern import WriteConcern

from wafa.runtime.backup.errors import BackupFault
from wafa.runtime.mongo import DUPLICATE_KEY, Document, why_away

PATIENCE_MS = 120_000


@dataclass(frozen=True, slots=True)
class Databases:
    """Where everything is kept."""

    client: MongoClient[Document]
    prefix: str

    def of(self, service: str) -> Database[Document]:
        """Return the database of a service; reads come from the primary, writes are durable."""
        return self.client.get_database(
            self.prefix + service,
            write_concern=WriteConcern(w="majority", j=True),
            read_preference=ReadPreference.PRIMARY,
        )

    def collections(self, service: str) -> list[str]:
        """Return the names of the collections of a service."""
        return [one for one in self.of(service).list_collection_names() if not one.startswith("system.")]


@contextmanager
def open_databases(uri: str, prefix: str) -> Iterator[Databases]:
    """Open them.

    Raises:
        BackupFault: the server is away or refuses us, now or within the `with` block.
    """
    try:
        client: MongoClient[Document] = MongoClient(
            uri,
            tz_aware=True,
            appname="wafa backup",
            serverSelectionTimeoutMS=5_000,
            connectTimeoutMS=5_000,
            socketTimeoutMS=PATIENCE_MS,
        )
    except (ConfigurationError, ValueError) as error:
        raise BackupFault(f"MONGODB_URI cannot be used: {error}") from error
    with client:
        try:
            yield Databases(client, prefix)
        except OperationFailure as error:
            raise BackupFault(f"the database refuses: {_told(error)}") from None
        except PyMongoError as error:
            raise BackupFault(f"the database does not answer: {why_away(error)}") from None


def indexes_of(collection: Collection[Document]) -> list[dict[str, Any]]:
    """Return the indexes of a collection as JSON, without the one on `_id`."""
    found = [dict(one) for one in collection.list_indexes() if one["name"] != "_id_"]
    return [
        json.loads(json_util.dumps({k: v for k, v in one.items() if k not in ("v", "ns")})) for one in found
    ]


def create_indexes(database: Database[Document], collection: str, indexes: list[dict[str, Any]]) -> None:
    """Create indexes as `indexes_of` has told them."""
    if indexes:
        definitions = [json_util.loads(json.dumps(one)) for one in indexes]
        database.command("createIndexes", collection, indexes=definitions)


def _told(error: OperationFailure) -> str:
    # Of a key that is there twice it would quote the key.
    if error.code == DUPLICATE_KEY:
        return "a key is there twice"
    return str((error.details or {}).get("errmsg") or error)
