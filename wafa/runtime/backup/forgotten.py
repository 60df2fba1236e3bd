"""Who was erased since a backup was made: they must stay erased when it is restored.

The list comes from the database that is replaced, from a later backup, or from a file. It holds ids that Wafa
gave, and keyed hashes; nothing that says who somebody was.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bson import CodecOptions, decode

from wafa.runtime.backup import files, manifest
from wafa.runtime.backup.contents import CHANGES, ERASE_AGAIN, ERASED, SECRETS
from wafa.runtime.backup.errors import BackupFault
from wafa.runtime.mongo import Document

NOTHING = "none"


@dataclass(slots=True)
class Forgotten:
    """Erasures by the id of the change (with the ids of the person), hashes of identifiers, and their key."""

    changes: dict[str, list[str]] = field(default_factory=dict)
    hashes: dict[Any, Document] = field(default_factory=dict)
    secrets: dict[Any, Document] = field(default_factory=dict)

    def add(self, collection: str, documents: Iterable[Document]) -> None:
        """Take in what a collection of customers says."""
        if collection in (CHANGES, ERASE_AGAIN):
            self.changes |= {one["_id"]: [*one["customer_ids"]] for one in documents if _is_erasure(one)}
        elif collection == ERASED:
            for one in documents:
                known = self.hashes.get(one["_id"])
                if known is None or known["at"] < one["at"]:
                    self.hashes[one["_id"]] = one
        else:
            self.secrets |= {one["_id"]: one for one in documents}

    def join(self, other: "Forgotten") -> None:
        """Take in what another one knows. Where keys differ, what was made with the other's is left out."""
        self.changes |= other.changes
        if not self.secrets or self.secrets == other.secrets:
            self.secrets |= other.secrets
            self.add(ERASED, other.hashes.values())

    def since(self, older: "Forgotten") -> "Forgotten":
        """Return what is not known to an older state; hashes only where both make them with one key."""
        changes = {id: who for id, who in self.changes.items() if id not in older.changes}
        if older.secrets and self.secrets != older.secrets:
            return Forgotten(changes)
        return Forgotten(changes, self.hashes, self.secrets)


def of_backup(folder: Path) -> Forgotten:
    """Return who was erased by the time of a backup."""
    found = manifest.read(folder)
    result = Forgotten()
    for collection in (CHANGES, ERASE_AGAIN, ERASED, SECRETS):
        if copy := found.of("customers", collection):
            result.add(collection, _decoded(folder, copy))
    return result


def of_path(path: Path) -> Forgotten:
    """Return who was erased by a later backup (a folder), or by what `wafa customers changes --json` says.

    Raises:
        BackupFault: it is neither.
    """
    if path.is_dir():
        return of_backup(path)
    try:
        told = json.loads(path.read_text())
        listed = told["changes"] if isinstance(told, dict) else told
        erasures = [one for one in listed if one["kind"] == "erase"]
        return Forgotten({str(one["change_id"]): [*map(str, one["customer_ids"])] for one in erasures})
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BackupFault(
            f"{path} is neither a backup nor what `wafa customers changes --json` prints ({error!r})"
        ) from error


def _decoded(folder: Path, copy: manifest.Copy) -> Iterator[Document]:
    options: CodecOptions[Any] = CodecOptions(tz_aware=True)
    return (decode(one.raw, options) for one in files.read(folder, copy))


def _is_erasure(document: Document) -> bool:
    return bool(document.get("kind", "erase") == "erase" and document.get("state") != "withdrawn")
