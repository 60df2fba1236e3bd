"""What is there to run Wafa on this machine, what is missing, and what to do about it."""

import importlib.util
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from wafa.stack.folder import Folder, default_folder
from wafa.stack.install import ADVICE, find_rabbitmq, may_install
from wafa.stack.mongodb import FASTER, find_program
from wafa.stack.ports import CANDIDATES, is_free

ENOUGH_DISK = 1 << 30
NEEDED_PACKAGES = ("nameko", "kombu", "pymongo", "marshmallow", "aiosmtpd", "psutil", "secantus")

Level = Literal["ok", "note", "missing"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: `note` could be better, `missing` keeps the stack from starting."""

    subject: str
    level: Level
    found: str
    advice: str = ""


def doctor(path: Path | None = None) -> list[Finding]:
    """Look at everything that the local stack needs; change nothing.

    Args:
        path: the state folder; default `WAFA_STATE`, otherwise `.wafa`.
    """
    folder = Folder(path or default_folder())
    looks: list[Callable[[], Finding]] = [
        _python,
        _packages,
        _rabbitmq,
        _mongodb,
        _ports,
        lambda: _disk(folder.path),
        lambda: _state(folder),
    ]
    return [look() for look in looks]


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", "ok", f"{version} in {sys.prefix}")


def _packages() -> Finding:
    missing = [name for name in NEEDED_PACKAGES if not _is_installed(name)]
    if missing:
        return Finding("packages", "missing", f"not installed: {', '.join(missing)}", "make setup")
    return Finding("packages", "ok", "installed")


def _is_installed(name: str) -> bool:
    # Some packages take their spec away once they are imported, and `find_spec` cannot bear that.
    return name in sys.modules or importlib.util.find_spec(name) is not None


def _rabbitmq() -> Finding:
    if os.environ.get("AMQP_URI"):
        return Finding("RabbitMQ", "ok", "AMQP_URI points to one")
    script = find_rabbitmq()
    if script:
        return Finding("RabbitMQ", "ok", str(script.resolve()))
    if may_install():
        return Finding("RabbitMQ", "note", "not found", "wafa up will install the package rabbitmq-server")
    return Finding("RabbitMQ", "missing", "not found", ADVICE)


def _mongodb() -> Finding:
    if os.environ.get("MONGODB_URI"):
        return Finding("MongoDB", "ok", "MONGODB_URI points to one")
    program = find_program()
    if not program:
        return Finding("MongoDB", "missing", "no server, not even the embedded one", "make setup")
    if program.kind == "secantusd-py":
        return Finding(
            "MongoDB",
            "note",
            f"the embedded stand-in, {program.path}",
            f"faster: mongod in the PATH, or, with Rust, {FASTER}",
        )
    return Finding("MongoDB", "ok", str(program.path))


def _ports() -> Finding:
    sample = CANDIDATES[:: len(CANDIDATES) // 50]
    free = sum(map(is_free, sample))
    if not free:
        return Finding(
            "ports", "missing", f"none free from {sample[0]} to {sample[-1]}", "stop what listens there"
        )
    return Finding("ports", "ok", f"{free} of {len(sample)} tried are free")


def _disk(path: Path) -> Finding:
    existing = next(parent for parent in (path, *path.parents) if parent.exists())
    free = shutil.disk_usage(existing).free
    size = f"{free / (1 << 30):.1f} GiB free at {existing}"
    if free < ENOUGH_DISK:
        return Finding(
            "disk", "note", size, "RabbitMQ blocks publishers when the disk fills: free some space"
        )
    return Finding("disk", "ok", size)


def _state(folder: Folder) -> Finding:
    if folder.in_use():
        return Finding("state folder", "ok", f"a stack runs in {folder.path}")
    if leftovers := folder.leftovers():
        pids = ", ".join(str(process.pid) for process in leftovers)
        return Finding("state folder", "note", f"left running: {pids}", "the next wafa up ends them")
    if not folder.path.exists():
        return Finding("state folder", "ok", f"{folder.path} will be made")
    return Finding("state folder", "ok", f"{folder.path} has the data of an earlier stack")
