"""The folder in which the processes of the front door count together.

Who has one holds the lock of a file in it, and so do the processes forked from there. The lock goes with the
last of them, however they end: a folder whose lock can be had belongs to nobody any more.
"""

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

#: Where prometheus_client reads which folder that is: when it is imported, so set it before.
VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
PREFIX = "wafa-figures-"
_LOCK = "lock"


def own_folder() -> Path:
    """Make a folder that is ours until we end, and remove those that are left of processes that are gone."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    fresh = folder / "fresh"
    # It stays open until we end. Nobody finds the lock before we have it.
    fcntl.flock(os.open(fresh, os.O_CREAT | os.O_RDWR, 0o600), fcntl.LOCK_EX)
    fresh.rename(folder / _LOCK)
    for other in folder.parent.glob(f"{PREFIX}*"):
        if other != folder:
            _remove_if_left(other)
    return folder


def _remove_if_left(folder: Path) -> None:
    try:
        if folder.lstat().st_uid != os.getuid():
            return
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW)
    except OSError:
        # Gone by now, or only just made.
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return
    else:
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(lock)
