"""One file for each collection: BSON documents one after the other, compressed, for the owner alone."""

import gzip
import hashlib
import os
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, cast

import bson
from bson.codec_options import CodecOptions
from bson.errors import BSONError
from bson.raw_bson import RawBSONDocument

from wafa.runtime.backup.errors import BackupFault, Damaged
from wafa.runtime.backup.manifest import Copy

FOLDER_MODE, FILE_MODE = 0o700, 0o600
#: Little is gained above that, and the time doubles.
_LEVEL = 3
_BLOCK = 1 << 20
_RAW: CodecOptions[Any] = CodecOptions(document_class=RawBSONDocument)


def make_folder(folder: Path) -> None:
    """Make an empty folder that only its owner can open; one that is empty already will do.

    Raises:
        BackupFault: something is in it, or it cannot be made.
    """
    try:
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise BackupFault(f"{folder} is not empty: a backup gets a folder of its own")
        folder.chmod(FOLDER_MODE)
    except OSError as error:
        raise BackupFault(f"{folder} cannot be written: {error.strerror}") from error


def create(path: Path) -> IO[bytes]:
    """Create a file for the eyes of its owner alone; it must not be there yet."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE), "wb")


def write(path: Path, batches: Iterable[bytes]) -> Iterator[int]:
    """Write batches of BSON documents; yield how many documents each had."""
    with create(path) as file:
        with gzip.GzipFile("", "wb", _LEVEL, file, mtime=0) as packed:
            for batch in batches:
                packed.write(batch)
                yield _documents_in(batch)
        file.flush()
        os.fsync(file.fileno())


def measure(path: Path) -> tuple[int, str]:
    """Return the size of a file in bytes, and its SHA-256."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return file.tell(), digest.hexdigest()


def read(folder: Path, copy: Copy) -> Iterator[RawBSONDocument]:
    """Yield the documents of a collection.

    Raises:
        Damaged: the file cannot be read to its end.
    """
    path = folder / copy.file
    try:
        with gzip.open(path, "rb") as packed:
            yield from bson.decode_file_iter(cast(IO[bytes], packed), _RAW)
    except (OSError, EOFError, zlib.error, BSONError) as error:
        raise Damaged(f"{path} cannot be read: {error}") from error


def check(folder: Path, copy: Copy) -> Iterator[int]:
    """Read a file to its end, twice; yield numbers of documents as they are found to be whole.

    Raises:
        Damaged: it is not the file that was written.
    """
    path = folder / copy.file
    if not path.is_file():
        raise Damaged(f"{path} is missing")
    if measure(path) != (copy.size, copy.sha256):
        raise Damaged(f"{path} is not what was written: its size or its SHA-256 differs")
    number = 0
    for document in read(folder, copy):
        if "_id" not in document:
            raise Damaged(f"{path} holds a document without an _id")
        number += 1
        if number % 1000 == 0:
            yield 1000
    yield number % 1000
    if number != copy.documents:
        raise Damaged(f"{path} holds {number} documents, not {copy.documents}")


def _documents_in(batch: bytes) -> int:
    number = position = 0
    while position < len(batch):
        position += int.from_bytes(batch[position : position + 4], "little")
        number += 1
    return number
