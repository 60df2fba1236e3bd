"""A backup is read back, and nothing else is touched."""

from collections.abc import Callable
from pathlib import Path

from wafa.runtime.backup import files, manifest
from wafa.runtime.backup.manifest import Manifest

#: Told the name of a collection, of how many documents (about), and how many more are done.
Report = Callable[[str, int, int], None]


def verify(folder: Path, report: Report) -> Manifest:
    """Read every file of a backup to its end and return its manifest.

    Raises:
        BackupFault: it is none.
        Damaged: a file is missing, or is not what was written.
    """
    found = manifest.read(folder)
    for one in found.copies:
        label = f"{one.service}.{one.collection}"
        report(label, one.documents, 0)
        for number in files.check(folder, one):
            report(label, one.documents, number)
    return found
