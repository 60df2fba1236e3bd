"""Profiles of processes under load, taken from outside by py-spy: what the processors were busy with."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from benchmarks.profiles import summary, words

Figures = dict[str, Any]
FOLDER = Path(__file__).parent / "profiles"
SUFFIX = ".speedscope.json"
PY_SPY = Path(sys.executable).with_name("py-spy")
RATE = 100
LOOK = 0.2
#: Seconds within which py-spy writes what it has seen.
GRACE = 60.0


class CannotProfile(RuntimeError):
    """py-spy cannot look into a process; the message says what it said."""


def measure(
    load: Callable[[], object], pids: Callable[[], Mapping[str, int]], *, threads: bool = False
) -> Figures:
    """Return what the processes were busy with while `load` ran; `pids` tells which there are by now.

    Where many `threads` wait, only who holds the interpreter is looked at: a thread in a call of the system
    cannot be told from one that waits. Processes whose names are the same up to a full stop do the same, and
    are told of together. The profiles are left in benchmarks/profiles/, for https://www.speedscope.app.

    Raises:
        CannotProfile: py-spy may not look into other processes here, or has seen nothing.
    """
    FOLDER.mkdir(exist_ok=True)
    with spied(pids, ("--gil",) if threads else ()) as spies:
        load()
    paths: dict[str, list[Path]] = {}
    for name in spies:
        paths.setdefault(name.partition(".")[0], []).append(_profile(name))
    return {name: summary(several) for name, several in paths.items()}


def clear() -> None:
    """Remove the profiles of an earlier run."""
    for path in FOLDER.glob(f"*{SUFFIX}"):
        path.unlink()


def note(found: Figures) -> Path:
    """Write summaries as text beside the profiles; return where."""
    path = FOLDER / "summary.txt"
    path.write_text(words(found), encoding="utf-8")
    return path


@contextmanager
def spied(
    pids: Callable[[], Mapping[str, int]], options: Sequence[str]
) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """Have each process looked at from when it appears until the end of the block."""
    spies: dict[str, subprocess.Popen[bytes]] = {}
    over = threading.Event()

    def look() -> None:
        while not over.wait(LOOK):
            for name, pid in pids().items():
                if name not in spies:
                    spies[name] = _spy(name, pid, options)

    thread = threading.Thread(target=look, name="spies")
    thread.start()
    try:
        yield spies
    finally:
        over.set()
        thread.join()
        for spy in spies.values():
            spy.send_signal(signal.SIGINT)
        for spy in spies.values():
            try:
                spy.wait(GRACE)
            except subprocess.TimeoutExpired:
                spy.kill()


def web() -> dict[str, int]:
    """Return the workers of the front door that this process has started."""
    children = psutil.Process().children(recursive=True)
    serving = [child for child in children if _serves(child)]
    return {f"web.{child.pid}": child.pid for child in serving if child.parent() in serving}


def _serves(process: psutil.Process) -> bool:
    try:
        return "serve" in process.cmdline()
    except psutil.Error:
        return False


def _profile(name: str) -> Path:
    """Return where the profile of a process is."""
    path = FOLDER / f"{name}{SUFFIX}"
    log = FOLDER / f"{name}.log"
    if not path.exists():
        said = log.read_text("utf-8", "replace").strip()
        hint = "" if os.geteuid() == 0 else " (as root, or with kernel.yama.ptrace_scope=0, it may)"
        raise CannotProfile(f"py-spy has left no profile of {name}{hint}: {said[-500:]}")
    log.unlink()
    return path


def _spy(name: str, pid: int, more: Sequence[str]) -> subprocess.Popen[bytes]:
    path = FOLDER / f"{name}{SUFFIX}"
    options = ("--format", "speedscope", "--full-filenames", "--function", "--rate", str(RATE), *more)
    command = [str(PY_SPY), "record", "--pid", str(pid), *options, "--output", str(path)]
    with (FOLDER / f"{name}.log").open("wb") as log:
        # A group of its own: Ctrl-C is for us, who then end it.
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
