"""`manifest.json`: what a backup consists of. Written last: a folder without it is no backup."""

import hashlib
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from wafa import __version__
from wafa.runtime.backup.contents import SERVICES
from wafa.runtime.backup.errors import BackupFault, Damaged

FORMAT = 1
NAME = "manifest.json"
#: What the database takes for the name of a collection.
_COLLECTION = re.compile(r"(?!system\.)[^$.\0]+(\.[^$.\0]+)*")


class Copy(msgspec.Struct, frozen=True):
    """One collection of a service's database, and the file that it is in; `size` is the file's, in bytes."""

    service: str
    collection: str
    file: str
    documents: int
    size: int
    sha256: str
    indexes: list[dict[str, Any]]


class Manifest(msgspec.Struct, frozen=True):
    """A whole backup.

    `started` is the moment up to which everything is in it that services had acknowledged by then. `waiting`
    is how many messages waited in each queue at that time, and are not in it; `None` if no broker was asked.
    """

    started: datetime
    ended: datetime
    copies: list[Copy]
    waiting: dict[str, int] | None = None
    wafa: str = __version__
    format: int = FORMAT

    @property
    def documents(self) -> int:
        """How many documents there are in it."""
        return sum(one.documents for one in self.copies)

    @property
    def size(self) -> int:
        """How many bytes its files have."""
        return sum(one.size for one in self.copies)

    def of(self, service: str, collection: str) -> Copy | None:
        """Return one collection; none if the database did not have it."""
        return next(
            (one for one in self.copies if (one.service, one.collection) == (service, collection)), None
        )


class _Sealed(msgspec.Struct, frozen=True):
    manifest: msgspec.Raw
    sha256: str


def encode(manifest: Manifest) -> bytes:
    """Return the content of the file, with a digest of itself."""
    content = msgspec.json.encode(manifest)
    sealed = _Sealed(msgspec.Raw(content), hashlib.sha256(content).hexdigest())
    return msgspec.json.format(msgspec.json.encode(sealed), indent=1) + b"\n"


def read(folder: Path) -> Manifest:
    """Return the manifest of a backup.

    Raises:
        BackupFault: there is none, or a later release has made it.
        Damaged: it was changed.
    """
    path = folder / NAME
    try:
        sealed = msgspec.json.decode(path.read_bytes(), type=_Sealed)
        content = msgspec.json.format(bytes(sealed.manifest), indent=-1)
        kind = msgspec.json.decode(content, type=_Format).format
    except FileNotFoundError as error:
        raise BackupFault(
            f"{folder} is no backup: there is no {NAME} in it, which is written last"
        ) from error
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Damaged(f"{path} cannot be read: {error}") from error
    if hashlib.sha256(content).hexdigest() != sealed.sha256:
        raise Damaged(f"{path} was changed: its SHA-256 differs")
    if kind > FORMAT:
        raise BackupFault(f"{folder} was made by a later release, in format {kind}; this one reads {FORMAT}")
    try:
        manifest = msgspec.json.decode(content, type=Manifest)
    except msgspec.ValidationError as error:
        raise Damaged(f"{path} is not a manifest: {error}") from error
    _must_be_ours(manifest, path)
    return manifest


def _must_be_ours(manifest: Manifest, path: Path) -> None:
    """Refuse what could not be restored, or not as it is told, before anything is deleted for it."""
    seen: set[tuple[str, str]] = set()
    for one in manifest.copies:
        if one.service not in SERVICES or not _COLLECTION.fullmatch(one.collection):
            raise Damaged(f"{path} names a collection that no service has: {one.service}.{one.collection}")
        if (one.service, one.collection) in seen:
            raise Damaged(f"{path} names a collection twice: {one.service}.{one.collection}")
        if Path(one.file).is_absolute() or ".." in Path(one.file).parts:
            raise Damaged(f"{path} names a file outside of the backup")
        seen.add((one.service, one.collection))


class _Format(msgspec.Struct):
    format: int
