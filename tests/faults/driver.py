"""eventlet and PyMongo together: `python -m tests.faults.soak --driver --minutes 30`.

A process of its own does what services do, in many greenlets at once and on the driver that the runner has
patched: bulk writes, guarded writes, cursors, aggregations, timeouts. Meanwhile its database is restarted and
killed, its connections are cut and held up. It tells every second how far each greenlet has come.
"""

import json
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from tests.faults.proxy import LOOPBACK, Proxy
from tests.faults.wired import DATABASE, start_database
from wafa.stack.supervisor import Supervisor

#: Seconds after which a greenlet that has finished nothing is stuck. It waits 20 s for an answer, 5 s for a
#: server.
STUCK = 30
#: What the memory may have grown by when it no longer starts up: for half of the time there is to see.
MOST_GROWTH = 12 * 2**20
MOST_THREADS = 16


@dataclass
class Observed:
    """What a run has shown. Sizes are in bytes, times in seconds."""

    faults: Counter[str] = field(default_factory=Counter)
    samples: list[dict[str, Any]] = field(default_factory=list)

    @property
    def longest_pause(self) -> float:
        """For how long a greenlet finished nothing, at most."""
        return max(one["pause"] for one in self.samples)

    @property
    def threads(self) -> int:
        """How many threads of the system there were, at most."""
        return max(one["threads"] for one in self.samples)

    @property
    def greenlets(self) -> tuple[int, int]:
        """How many greenlets there were, as a rule: in the second and in the last quarter."""
        return self._quarters("greenlets")

    @property
    def memory(self) -> tuple[int, int]:
        """How much memory it held, as a rule: in the second and in the last quarter."""
        return self._quarters("rss")

    @property
    def operations(self) -> int:
        """How much was done."""
        return int(self.samples[-1]["operations"])

    @property
    def errors(self) -> Counter[str]:
        """What failed on the way, by the name of the error."""
        return Counter(self.samples[-1]["errors"])

    @property
    def verdicts(self) -> dict[str, bool]:
        """What must hold."""
        before, after = self.memory
        greenlets_before, greenlets_after = self.greenlets
        return {
            "no greenlet is stuck": self.longest_pause < STUCK,
            "no more threads": self.threads <= MOST_THREADS,
            "no more greenlets": greenlets_after <= greenlets_before + 10,
            "memory does not grow": after - before < MOST_GROWTH,
            "the faults were felt": self.errors.total() > 0,
        }

    def _quarters(self, name: str) -> tuple[int, int]:
        quarter = len(self.samples) // 4
        figures = [int(one[name]) for one in self.samples]
        return round(statistics.median(figures[quarter : 2 * quarter])), round(
            statistics.median(figures[-quarter:])
        )


def observe(folder: Path, seconds: float, seed: int, progress: Any = lambda share: None) -> Observed:
    """Let it run for so long, and return what was seen."""
    observed = Observed()
    databases = Supervisor(lambda name, state: None)
    try:
        port = start_database(databases, folder)
        with Proxy(port) as wire, _worker(wire.port) as worker:
            enough = threading.Event()
            breaker = threading.Thread(
                target=_break, args=(databases, wire, random.Random(seed), enough, observed.faults)
            )
            breaker.start()
            try:
                _read(worker, seconds, observed, progress)
            finally:
                enough.set()
                breaker.join()
    finally:
        databases.kill_all()
    return observed


def _read(worker: "subprocess.Popen[str]", seconds: float, observed: Observed, progress: Any) -> None:
    assert worker.stdout
    ends = time.monotonic() + seconds
    for line in worker.stdout:
        observed.samples.append(json.loads(line))
        left = ends - time.monotonic()
        progress(1 - left / seconds)
        if left <= 0:
            return
    raise AssertionError(f"the process ended by itself with exit code {worker.wait()}")


@contextmanager
def _worker(port: int) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-W", "ignore", "-m", "tests.faults.driven", f"mongodb://{LOOPBACK}:{port}/"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def _break(
    databases: Supervisor, wire: Proxy, rng: random.Random, enough: threading.Event, done: Counter[str]
) -> None:
    while not enough.wait(rng.uniform(1, 5)):
        match rng.choice(["cut", "cut", "cut", "stall", "stall long", "kill", "stop"]):
            case "cut":
                done["cut"] += wire.cut(rng.uniform(0.2, 1), rng)
            case "stall" | "stall long" as which:
                done[which] += 1
                wire.stall()
                enough.wait(rng.uniform(0.2, 3) if which == "stall" else rng.uniform(6, 9))
                wire.resume()
            case how:
                done[how] += 1
                databases.kill(DATABASE) if how == "kill" else databases.stop([DATABASE])
                enough.wait(rng.uniform(0, 3))
                databases.revive(DATABASE)


def soak(minutes: float, seed: int, console: Console) -> int:
    """Run it for so long, print what was seen; return the exit code."""
    with tempfile.TemporaryDirectory() as folder, Progress(console=console) as bar:
        task = bar.add_task("soaking", total=1.0)
        observed = observe(Path(folder), minutes * 60, seed, lambda share: bar.update(task, completed=share))
    before, after = observed.memory
    console.print(f"{minutes:g} minutes, {observed.operations:,} operations, faults {dict(observed.faults)}")
    console.print(f"errors met and survived: {dict(observed.errors)}")
    console.print(f"longest pause of a greenlet {observed.longest_pause:.1f} s; threads {observed.threads}")
    console.print(f"greenlets {observed.greenlets[0]} -> {observed.greenlets[1]}")
    console.print(f"memory {before / 2**20:.1f} -> {after / 2**20:.1f} MiB")
    for what, holds in observed.verdicts.items():
        console.print(f"{what}: {'ok' if holds else 'NO'}", style="" if holds else "red")
    return 0 if all(observed.verdicts.values()) else 1
