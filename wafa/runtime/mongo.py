"""MongoDB by the batch: the client, and the two writes that the rules of effect are made of."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pymongo
from pymongo import InsertOne, MongoClient, ReadPreference, ReplaceOne
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import BulkWriteError, OperationFailure
from pymongo.write_concern import WriteConcern

from wafa.runtime.errors import StoreAway, StoreRefused
from wafa.runtime.mongo_metrics import Commands, Members

Document = dict[str, Any]
DUPLICATE_KEY = 11000
INDEX_NOT_FOUND = 27
#: Seconds within which whoever asks whether we are ready gets an answer.
PATIENCE = 2


def open_database(uri: str, name: str) -> Database[Document]:
    """Return a database whose writes are journaled (and reach a majority where there is a replica set).

    Connects on first use. A server that is away is an error within 5 seconds, not a hang.
    """
    client: MongoClient[Document] = MongoClient(
        uri,
        tz_aware=True,
        appname=name,
        serverSelectionTimeoutMS=5_000,
        connectTimeoutMS=5_000,
        socketTimeoutMS=20_000,
        event_listeners=[Commands(), Members()],
    )
    # The rules of effect read what they have just written, whatever the URI prefers.
    durable = WriteConcern(w="majority", j=True)
    return client.get_database(name, write_concern=durable, read_preference=ReadPreference.PRIMARY)


def answers(database: Database[Document]) -> bool:
    """Tell that a server answers us, within two seconds; otherwise raise what is in the way.

    A connection to a host that was cut off is silent until `socketTimeoutMS` is over: too late for a probe.
    """
    with pymongo.timeout(PATIENCE):
        return bool(database.command("ping"))


def why_away(error: BaseException) -> str:
    """Return why a server does not answer; of certificates, where to look."""
    words = str(error).partition(", Timeout:")[0]
    if "SSL" in words or "certificate" in words:
        return (
            f"MONGODB_URI: no TLS that is to be trusted, see tls, tlsCAFile, tlsCertificateKeyFile: {words}"
        )
    return words


def insert_new(collection: Collection[Document], documents: Sequence[Document]) -> list[Any]:
    """Insert in one round trip and return the `_id`s that were there already.

    "There already" does not mean that what follows from the document was done: a worker may have died in
    between, so the caller goes on with its next steps for these too.
    """
    if not documents:
        return []
    try:
        collection.insert_many(documents, ordered=False)
    except BulkWriteError as error:
        return [documents[failed["index"]]["_id"] for failed in _duplicates(error)]
    return []


def replace_guarded(collection: Collection[Document], documents: Sequence[Document]) -> set[Any]:
    """Write aggregates in one round trip; return the `_id`s whose stored version had moved meanwhile.

    Each document carries in `version` the version that it will have: 1 is inserted, any other replaces its
    predecessor and nothing else. A document returned here was not written, or was written and overwritten at
    once by somebody who had read it; reading it again tells, so the caller reads and folds again.
    """
    if not documents:
        return set()
    token = uuid.uuid4().hex
    for document in documents:
        document["written_by"] = token
    writes = [
        InsertOne(document)
        if document["version"] == 1
        else ReplaceOne({"_id": document["_id"], "version": document["version"] - 1}, document)
        for document in documents
    ]
    replacing = sum(document["version"] > 1 for document in documents)
    try:
        result = collection.bulk_write(writes, ordered=False)
    except BulkWriteError as error:
        moved = {documents[failed["index"]]["_id"] for failed in _duplicates(error)}
        matched = error.details["nMatched"]
    else:
        moved = set()
        matched = result.matched_count
    if matched < replacing:
        # A bulk write tells how many matched, not which.
        moved |= _not_written_by(collection, token, documents)
    return moved


def by_id(
    collection: Collection[Document], ids: Iterable[Any], fields: Mapping[str, int] | None = None
) -> dict[Any, Document]:
    """Return the documents with these `_id`s, by `_id`, in one query from the primary."""
    wanted = list(ids)
    if not wanted:
        return {}
    # Asked for no number, the server answers with 101 and keeps the rest for another round trip.
    found = collection.find({"_id": {"$in": wanted}}, fields, batch_size=len(wanted) + 1)
    return {document["_id"]: document for document in found}


def drop_index(collection: Collection[Document], name: str) -> None:
    """Drop an index that an earlier release has made, if it is there: each costs every write."""
    if name not in collection.index_information():
        return
    try:
        collection.drop_index(name)
    except OperationFailure as error:
        # Another process starts as well.
        if error.code != INDEX_NOT_FOUND:
            raise


def _not_written_by(collection: Collection[Document], token: str, documents: Sequence[Document]) -> set[Any]:
    ids = [document["_id"] for document in documents]
    ours = collection.find({"_id": {"$in": ids}, "written_by": token}, {"_id": 1})
    return set(ids) - {document["_id"] for document in ours}


def _duplicates(error: BulkWriteError) -> list[Mapping[str, Any]]:
    """Return the duplicate-key errors of a bulk write.

    Raises:
        StoreAway: what was written may not be durable.
        StoreRefused: the server refuses a document. The error of PyMongo has the whole document in it.
    """
    if error.details.get("writeConcernErrors"):
        raise StoreAway("the database does not confirm that writes are durable") from None
    errors: list[Mapping[str, Any]] = error.details["writeErrors"]
    for one in errors:
        if one["code"] != DUPLICATE_KEY:
            raise StoreRefused(f"the database refuses a document (code {one['code']})") from None
    return errors
