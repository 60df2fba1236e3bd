"""Processes of services, born in milliseconds: forked from one that has imported everything."""

import itertools
import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.faults.plan import Plan, Report
from wafa.stack.services import ROOT


class Child:
    """A service in a process of its own, and what it reports."""

    def __init__(self, pid: int, report: Report, log: Path) -> None:
        self.pid = pid
        self.report = report
        self.log = log
        try:
            self._watch: int | None = os.pidfd_open(pid)
        except ProcessLookupError:
            self._watch = None

    @property
    def alive(self) -> bool:
        return not self.ends(within=0)

    def ends(self, *, within: float) -> bool:
        """Wait for its end, however it comes; tell whether it came."""
        if self._watch is None:
            return True
        poll = select.poll()
        poll.register(self._watch, select.POLLIN)
        if not poll.poll(within * 1000):
            return False
        os.close(self._watch)
        self._watch = None
        return True

    def signal(self, number: int) -> None:
        if self._watch is not None:
            signal.pidfd_send_signal(self._watch, number)

    def kill(self) -> None:
        if self.alive:
            self.signal(signal.SIGKILL)
            assert self.ends(within=30)

    def stop(self) -> None:
        """Stop it in good order."""
        assert self.alive, self.last_words()
        self.signal(signal.SIGTERM)
        assert self.ends(within=20), f"does not stop: {self.last_words()}"
        assert self.report.count("ended"), self.last_words()

    def frozen(self) -> bool:
        return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"

    def last_words(self) -> str:
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-15:])


class Nursery:
    """Starts children. A context manager: none outlives it."""

    def __init__(self, folder: Path, *, delays: Sequence[int] = ()) -> None:
        """Use `folder` for logs; `delays` (seconds) take the place of those between attempts."""
        self._folder = folder
        self._delays = delays
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._children: list[Child] = []

    def __enter__(self) -> "Nursery":
        log = (self._folder / "nursery.log").open("wb")
        self._mother = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.crashing", "--nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=ROOT,
            env={**os.environ, "WAFA_TEST_DELAYS": " ".join(map(str, self._delays))},
        )
        log.close()
        return self

    def __exit__(self, *_: object) -> None:
        for child in self._children:
            child.kill()
        self._mother.communicate()

    def start(self, service: str, environment: Mapping[str, str], **plan: Any) -> Child:
        """Start a service; `plan` is what `Plan` takes."""
        name = f"{next(self._numbers):04}-{service}"
        log, report = self._folder / f"{name}.log", Report(self._folder / f"{name}.report")
        plan_here = replace(Plan(str(report.path)), **plan)
        wanted = {
            "service": service,
            "environment": {**environment, **plan_here.environment()},
            "log": str(log),
        }
        log.touch()
        with self._lock:
            assert self._mother.stdin
            assert self._mother.stdout
            self._mother.stdin.write(json.dumps(wanted).encode() + b"\n")
            self._mother.stdin.flush()
            child = Child(int(self._mother.stdout.readline()), report, log)
            self._children.append(child)
        return child
