"""A backup is taken, while services run or not."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from wafa.runtime.backup import files, manifest
from wafa.runtime.backup.checking import Report
from wafa.runtime.backup.contents import (
    CHANGES,
    RESTORED,
    SERVICES,
    SETTINGS,
    UNFINISHED,
    in_order,
)
from wafa.runtime.backup.databases import Databases, indexes_of
from wafa.runtime.backup.errors import BackupFault, Unsettled
from wafa.runtime.backup.manifest import Copy, Manifest
from wafa.runtime.backup.queues import Queues
from wafa.runtime.clock import now
from wafa.services import WORKERS

#: Documents in one answer of the server, which is 16 MiB at most.
AT_ONCE = 1000
#: How often it is begun anew because somebody was merged or erased meanwhile.
MOST_ROUNDS = 3
POLL = 0.2


def take(
    databases: Databases, queues: Queues | None, folder: Path, report: Report, *, patience: float = 60
) -> Manifest:
    """Write a backup into a new or empty folder; `patience` (seconds) is for what is underway to settle.

    Nothing is left of one that fails.

    Raises:
        BackupFault: it cannot be made.
    """
    if databases.of("notifications")[SETTINGS].find_one({"_id": RESTORED, UNFINISHED: True}):
        raise BackupFault(
            "`wafa restore` is not through, so a part is missing here: let it end, or do it again"
        )
    files.make_folder(folder)
    try:
        done = _take(databases, queues, folder, report, patience)
        with files.create(folder / f"{manifest.NAME}.new") as file:
            file.write(manifest.encode(done))
        (folder / f"{manifest.NAME}.new").rename(folder / manifest.NAME)
        return done
    except BaseException:
        _empty(folder)
        raise


def _take(
    databases: Databases, queues: Queues | None, folder: Path, report: Report, patience: float
) -> Manifest:
    copies: dict[str, list[Copy]] = {}
    left: tuple[str, ...] = SERVICES
    started, waiting, erasures = now(), None, 0
    for _ in range(MOST_ROUNDS):
        before = _settled(databases, patience)
        if left == SERVICES:
            waiting = _waiting(queues, patience)
            started, erasures = now(), before["erase"]
        for service in left:
            copies[service] = [*_database(databases, service, folder, report)]
        after = _changes(databases)
        if after == before and after["erase"] == erasures:
            copied = [one for service in SERVICES for one in copies[service]]
            return Manifest(started=started, ended=now(), copies=copied, waiting=waiting)
        # Whoever was erased while the others were read is still in them; who was merged is not in customers.
        left = SERVICES if after["erase"] != erasures else ("customers",)
    raise Unsettled("customers kept being merged or erased meanwhile: try again when that is over")


def _waiting(queues: Queues | None, patience: float) -> dict[str, int] | None:
    """Return what waits in the queues, as soon as nothing does; where nobody reads them, at once."""
    if queues is None:
        return None
    return queues.settle(patience if queues.consumed() else 0)


def _settled(databases: Databases, patience: float) -> dict[str, int]:
    """Wait until no merge and no erasure is underway; return how many there have been."""
    deadline = time.monotonic() + patience
    while (found := _changes(databases))["underway"]:
        if time.monotonic() > deadline:
            raise Unsettled(
                "a merge or an erasure is not confirmed by all: `wafa customers changes` says by whom"
            )
        time.sleep(POLL)
    return found


def _changes(databases: Databases) -> dict[str, int]:
    journal = databases.of("customers")[CHANGES]
    underway = {"$or": [{"state": "requested"}, {"waiting_for": {"$in": [*WORKERS]}}]}
    return {
        "underway": journal.count_documents(underway),
        "erase": journal.count_documents({"kind": "erase"}),
        "others": journal.count_documents({"kind": {"$ne": "erase"}}),
    }


def _database(databases: Databases, service: str, folder: Path, report: Report) -> Iterator[Copy]:
    place = folder / service
    shutil.rmtree(place, ignore_errors=True)
    files.make_folder(place)
    for name in in_order(service, databases.collections(service)):
        yield _collection(databases, service, name, folder, report)


def _collection(databases: Databases, service: str, name: str, folder: Path, report: Report) -> Copy:
    collection = databases.of(service)[name]
    about = collection.estimated_document_count()
    label = f"{service}.{name}"
    report(label, about, 0)
    file = f"{service}/{name}.bson.gz"
    documents = 0
    for number in files.write(folder / file, collection.find_raw_batches(batch_size=AT_ONCE)):
        documents += number
        report(label, max(about, documents), number)
    size, sha256 = files.measure(folder / file)
    return Copy(service, name, file, documents, size, sha256, indexes_of(collection))


def _empty(folder: Path) -> None:
    for one in folder.iterdir():
        shutil.rmtree(one) if one.is_dir() else one.unlink()
