"""Which server speaks MongoDB's protocol here, and how it is run."""

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from wafa.stack.errors import StackError
from wafa.stack.ports import LOOPBACK, answers
from wafa.stack.supervisor import Server

FASTER = "cargo install secantus-mdb --version 0.5.3-beta.193 --ignore-rust-version"


@dataclass(frozen=True, slots=True)
class Program:
    """A server program: `kind` is mongod, secantusd-rs or secantusd-py."""

    kind: str
    path: Path


def find_program() -> Program | None:
    """Return the best server on this machine: mongod, else its fast stand-in, else the embedded one."""
    cargo = Path.home() / ".cargo" / "bin"
    here = Path(sys.executable).parent
    for kind, extra in (("mongod", None), ("secantusd-rs", cargo), ("secantusd-py", here)):
        found = shutil.which(kind) or (extra and shutil.which(kind, path=str(extra)))
        if found:
            return Program(kind, Path(found))
    return None


def mongodb_server(folder: Path, logs: Path, port: int) -> Server:
    """Return the server, with its data under `folder`.

    Raises:
        StackError: there is none, not even the embedded one.
    """
    program = find_program()
    if not program:
        raise StackError(
            "No MongoDB server was found: set MONGODB_URI, or run `make setup` for the embedded one."
        )
    folder.mkdir(parents=True, exist_ok=True)
    # Its own subfolder: the programs cannot read each other's files.
    data = folder / program.kind
    data.mkdir(exist_ok=True)
    return Server(
        name="mongodb",
        command=[*_called(program), *_arguments(program.kind, data, port)],
        environment=dict(os.environ),
        folder=folder,
        log=logs / "mongodb.log",
        ready=lambda: answers(LOOPBACK, port),
    )


def _called(program: Program) -> list[str]:
    if program.kind == "secantusd-py" and program.path.parent == Path(sys.executable).parent:
        return [sys.executable, "-m", "wafa.stack.embedded"]
    return [str(program.path)]


def _arguments(kind: str, data: Path, port: int) -> list[str]:
    if kind == "mongod":
        return [
            "--dbpath",
            str(data),
            "--bind_ip",
            LOOPBACK,
            "--port",
            str(port),
            "--nounixsocket",
            "--quiet",
        ]
    where = ["--host", LOOPBACK, "--port", str(port), "--storage-path", str(data)]
    return [*where, "--standalone", "--cache-size", "512M", "--log-level", "WARNING"]
