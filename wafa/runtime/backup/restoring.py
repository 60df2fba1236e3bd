"""A backup is put in the place of what is there, with everybody erased whom it does not know to be."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bson.raw_bson import RawBSONDocument
from pymongo import ReplaceOne
from pymongo.collection import Collection
from pymongo.database import Database

from wafa.runtime.backup import files
from wafa.runtime.backup.checking import Report, verify
from wafa.runtime.backup.contents import (
    CHANGES,
    ERASE_AGAIN,
    ERASED,
    OVERTAKEN,
    RESTORED,
    SECRETS,
    SERVICES,
    SETTINGS,
    UNFINISHED,
)
from wafa.runtime.backup.databases import Databases, create_indexes
from wafa.runtime.backup.errors import BackupFault, NotEmpty
from wafa.runtime.backup.forgotten import Forgotten, of_backup
from wafa.runtime.backup.manifest import Copy, Manifest
from wafa.runtime.backup.queues import LONGEST_DELAY, Queues
from wafa.runtime.clock import now
from wafa.runtime.mongo import Document
from wafa.runtime.topology import QUEUES

#: Where it is noted who was erased, until the restore is through: an interrupted one must not forget it.
STAGE, _NOTED = "restore", "noted"
_FORGOTTEN = (CHANGES, ERASE_AGAIN, ERASED, SECRETS)
MOST_DOCUMENTS, MOST_BYTES = 1000, 8 * 1024 * 1024
_RETRIES = tuple(name for name in QUEUES if name.startswith("wafa.retry-"))


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore has done: how many erasures are to be made again, how many messages were dropped."""

    manifest: Manifest
    erased_again: int
    dropped: int


def restore(
    databases: Databases,
    queues: Queues | None,
    folder: Path,
    erased: Callable[[], Forgotten] | None,
    report: Report,
    *,
    force: bool = False,
) -> Restored:
    """Restore a backup; services must not run.

    `erased` reads who was erased since; not needed where the database still knows.

    Raises:
        Damaged: the backup is not whole; nothing was touched.
        NotEmpty: there are data, and nobody said `force`; nothing was touched.
        BackupFault: services run, or nobody says who was erased since; nothing was touched.
    """
    found = verify(folder, lambda label, about, number: report(f"check {label}", about, number))
    if queues and (read := queues.consumed()):
        raise BackupFault(f"services still read {', '.join(read)}: stop all of them first")
    if not force and (full := _full(databases)):
        raise NotEmpty(f"there are data in {', '.join(full)}: with --force they are deleted")
    forgotten = _forgotten(databases, of_backup(folder), erased)
    _keep_in_mind(databases, forgotten)
    _hold_outreach(databases, found)
    _empty(databases)
    _forget(databases, forgotten)
    for one in found.copies:
        _fill(databases, folder, one, report)
    _forget(databases, forgotten)
    dropped = _drop_overtaken(queues) if queues else 0
    databases.of("notifications")[SETTINGS].update_one({"_id": RESTORED}, {"$unset": {UNFINISHED: ""}})
    databases.client.drop_database(databases.prefix + STAGE)
    return Restored(found, len(forgotten.changes), dropped)


def _full(databases: Databases) -> list[str]:
    """Return the names of databases that are not empty, also where a restore was interrupted."""
    return [
        databases.prefix + service
        for service in (*SERVICES, STAGE)
        if any(
            databases.of(service)[name].find_one({}, {"_id": 1}) for name in databases.collections(service)
        )
    ]


def _forgotten(databases: Databases, older: Forgotten, erased: Callable[[], Forgotten] | None) -> Forgotten:
    """Return who was erased by now, as far as anybody knows.

    Raises:
        BackupFault: nobody knows.
    """
    live, noted = Forgotten(), Forgotten()
    for name in _FORGOTTEN:
        live.add(name, databases.of("customers")[name].find())
        noted.add(name, databases.of(STAGE)[name].find())
    interrupted = databases.of(STAGE)[_NOTED].find_one() is not None
    # A system that was begun anew knows nothing of those who were erased before.
    successor = (
        older.changes.keys() <= live.changes.keys() and databases.of("customers")["customers"].find_one()
    )
    if not (erased or interrupted or successor):
        raise BackupFault(
            "who was erased since this backup is not known, because its database is gone: name a later backup"
            " with --erased FOLDER, or a list with --erased FILE; --erased none says that it was nobody"
        )
    for more in (noted, *([erased()] if erased else [])):
        live.join(more)
    return live.since(older)


def _keep_in_mind(databases: Databases, forgotten: Forgotten) -> None:
    stage = databases.of(STAGE)
    _write_down(stage, forgotten)
    _put(stage[_NOTED], [{"_id": _NOTED, "at": now()}])


def _forget(databases: Databases, forgotten: Forgotten) -> None:
    """Have customers erase them anew as soon as it runs, and refuse what comes late of them."""
    _write_down(databases.of("customers"), forgotten)


def _write_down(database: Database[Document], forgotten: Forgotten) -> None:
    _put(database[ERASE_AGAIN], _erase_again(forgotten))
    _put(database[ERASED], forgotten.hashes.values())
    _put(database[SECRETS], forgotten.secrets.values())


def _erase_again(forgotten: Forgotten) -> list[Document]:
    return [{"_id": id, "customer_ids": who} for id, who in forgotten.changes.items()]


def _hold_outreach(databases: Databases, found: Manifest) -> None:
    mark = {"_id": RESTORED, "at": now(), "backup": found.started, UNFINISHED: True}
    _put(databases.of("notifications")[SETTINGS], [mark])


def _empty(databases: Databases) -> None:
    """Delete everything but the mark: whenever this is interrupted, it is there."""
    for name in databases.collections("notifications"):
        if name != SETTINGS:
            databases.of("notifications").drop_collection(name)
    databases.of("notifications")[SETTINGS].delete_many({"_id": {"$ne": RESTORED}})
    for service in SERVICES:
        if service != "notifications":
            databases.client.drop_database(databases.prefix + service)


def _fill(databases: Databases, folder: Path, copy: Copy, report: Report) -> None:
    collection = databases.of(copy.service)[copy.collection]
    label = f"{copy.service}.{copy.collection}"
    report(label, copy.documents, 0)
    overlaid = (copy.service, copy.collection) in {
        ("notifications", SETTINGS),
        *(("customers", name) for name in (ERASED, SECRETS, ERASE_AGAIN)),
    }
    for part in _parts(files.read(folder, copy)):
        if overlaid:
            _put_raw(collection, part)
        else:
            collection.insert_many(part, ordered=False)
        report(label, copy.documents, len(part))
    create_indexes(databases.of(copy.service), copy.collection, copy.indexes)


def _put(collection: Collection[Document], documents: Iterable[Document]) -> None:
    for one in documents:
        collection.replace_one({"_id": one["_id"]}, one, upsert=True)


def _put_raw(collection: Collection[Document], documents: Sequence[RawBSONDocument]) -> None:
    """Add documents, but leave those alone that the restore itself has written."""
    keep = {RESTORED} if collection.name == SETTINGS else set()
    writes: list[ReplaceOne[Any]] = [
        ReplaceOne({"_id": one["_id"]}, one, upsert=True) for one in documents if one["_id"] not in keep
    ]
    if writes:
        collection.bulk_write(writes, ordered=False)


def _parts(documents: Iterator[RawBSONDocument]) -> Iterator[list[RawBSONDocument]]:
    part: list[RawBSONDocument] = []
    size = 0
    for one in documents:
        part.append(one)
        size += len(one.raw)
        if len(part) == MOST_DOCUMENTS or size >= MOST_BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part


def _drop_overtaken(queues: Queues) -> int:
    """Drop what Wafa has said to itself of things that are there no longer; what others have said stays."""
    if left := queues.settle(LONGEST_DELAY, _RETRIES):
        raise BackupFault(f"messages stay in {', '.join(left)}: do this again when they are gone from there")
    return queues.purge(OVERTAKEN)
