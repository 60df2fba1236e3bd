"""The state folder of a local stack: data, logs, who runs in it, and a lock so that only one does."""

import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import psutil

from wafa.stack.errors import StackError
from wafa.stack.process import Identity


def default_folder() -> Path:
    """Return the folder that `WAFA_STATE` names, otherwise `.wafa` where the command is run."""
    return Path(os.environ.get("WAFA_STATE") or ".wafa").resolve()


class Folder:
    """One stack's folder. Nothing is made until it is locked."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self._lock: IO[str] | None = None

    @property
    def logs(self) -> Path:
        """Where every server has its log file."""
        return self.path / "logs"

    @property
    def mail(self) -> Path:
        """Where the mail sink keeps each message as a file."""
        return self.path / "mail"

    def lock(self) -> None:
        """Take the folder for this process.

        Raises:
            StackError: another stack runs in it.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        lock = (self.path / "lock").open("a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.close()
            raise StackError(
                f"A stack runs in {self.path} already (process {self.record().get('pid', 'unknown')}). "
                "Stop it, or choose another folder with WAFA_STATE."
            ) from error
        self._lock = lock

    def unlock(self) -> None:
        """Leave the folder to others; its data stay."""
        if self._lock:
            self._lock.close()
            self._lock = None

    def link_secret(self) -> str:
        """Return what signs the links in messages: made once, so that links from before still hold."""
        path = self.path / "link-secret"
        if not path.exists():
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(32))
        return path.read_text()

    def in_use(self) -> bool:
        """Tell whether a stack runs in it."""
        if not (self.path / "lock").exists():
            return False
        with (self.path / "lock").open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def clear(self) -> None:
        """Remove all data and logs; the record of ports stays."""
        for name in ("rabbitmq", "mongodb", "mail", "logs"):
            shutil.rmtree(self.path / name, ignore_errors=True)

    def record(self) -> dict[str, Any]:
        """Return what the last stack wrote about itself; empty if there was none."""
        try:
            found = json.loads((self.path / "stack.json").read_bytes())
        except (FileNotFoundError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def write_record(self, record: Mapping[str, Any], processes: Sequence[Identity]) -> None:
        """Write `stack.json` anew, whole or not at all."""
        target = self.path / "stack.json"
        draft = target.with_suffix(".new")
        draft.write_text(json.dumps({**record, "processes": [asdict(one) for one in processes]}, indent=2))
        draft.replace(target)

    def leftovers(self) -> list[psutil.Process]:
        """Return the processes of an earlier stack that still run although it is gone."""
        found = (Identity(**one).find() for one in self.record().get("processes", []))
        return [process for process in found if process]

    def end_leftovers(self) -> None:
        """Kill what an earlier stack left running."""
        leftovers = self.leftovers()
        for process in leftovers:
            process.kill()
        psutil.wait_procs(leftovers, timeout=10)
