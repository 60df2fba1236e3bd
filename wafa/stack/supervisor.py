"""Starts servers side by side, waits until they are ready, notices when one dies, stops them in order."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from wafa.stack.errors import StackError
from wafa.stack.process import Identity, Process

Progress = Callable[[str, str], None]
"""Called with a name and its state: installing, starting, ready, external, failed, stopping, stopped."""


@dataclass(frozen=True, slots=True)
class Server:
    """What it takes to run a server. Times are in seconds."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    log: Path
    ready: Callable[[], bool]
    patience: float = 120.0
    grace: float = 15.0


class Supervisor:
    """The running servers, by name, in the order in which they were started."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._servers: dict[str, Server] = {}
        self._processes: dict[str, Process] = {}
        self._given_up = threading.Event()

    def start(self, servers: Iterable[Server]) -> None:
        """Start the servers one after the other, each when the one before is ready.

        Raises:
            StackError: one died or did not get ready in time; its last log lines are in the message.
        """
        for server in servers:
            self._progress(server.name, "starting")
            process = Process(server.name, server.command, server.environment, server.folder, server.log)
            self._servers[server.name] = server
            self._processes[server.name] = process
            try:
                self._await_ready(server, process)
            except StackError:
                self._progress(server.name, "failed")
                raise
            self._progress(server.name, "ready")

    def side_by_side(self, jobs: Sequence[Callable[[], None]]) -> None:
        """Run the jobs, each in a thread; when one fails, or on Ctrl-C, the others are told to give up."""
        if not jobs:
            return
        with ThreadPoolExecutor(len(jobs)) as pool:
            running = [pool.submit(job) for job in jobs]
            try:
                done, _ = wait(running, return_when=FIRST_EXCEPTION)
                for job in done:
                    job.result()
            except BaseException:
                self._given_up.set()
                raise

    def revive(self, name: str) -> None:
        """Start a server again that has died or was killed, as it was: same ports, same data."""
        self.start([self._servers[name]])

    def kill(self, name: str) -> None:
        """Kill a server without warning; return when it is gone."""
        self._processes.pop(name).kill()
        self._progress(name, "stopped")

    def stop(self, names: Iterable[str]) -> None:
        """Stop these servers side by side; return when they are gone."""
        ending = [name for name in names if name in self._processes]
        if not ending:
            return
        with ThreadPoolExecutor(len(ending)) as pool:
            list(pool.map(self._end, ending))

    def kill_all(self) -> None:
        """Kill what still runs, the last started first."""
        for name in reversed(list(self._processes)):
            self._processes.pop(name).kill()

    def check(self) -> None:
        """Raise StackError, with the last log lines, if a server has died."""
        for process in list(self._processes.values()):
            if not process.alive:
                raise StackError(process.last_words())

    def identities(self) -> list[Identity]:
        """Return which processes run."""
        return [process.identity for process in list(self._processes.values())]

    def _await_ready(self, server: Server, process: Process) -> None:
        latest = monotonic() + server.patience
        while not server.ready():
            if not process.alive:
                raise StackError(process.last_words())
            if monotonic() > latest:
                raise StackError(f"Not ready after {server.patience:.0f} s: {process.last_words()}")
            if self._given_up.wait(0.05):
                raise StackError(f"{server.name}: given up")

    def _end(self, name: str) -> None:
        self._progress(name, "stopping")
        self._processes[name].end(self._servers[name].grace)
        del self._processes[name]
        self._progress(name, "stopped")
