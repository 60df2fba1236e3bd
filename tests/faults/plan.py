"""What a service under test is to go through; travels from the test to the process in its environment."""

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

VARIABLE = "WAFA_TEST_PLAN"
#: Seconds that a process waits at most for a batch to get full; for one that will be, however slow all is.
LINGER, PATIENCE = 0.25, 5.0
#: Seconds after which nothing more can come.
QUIET = 0.3


@dataclass(frozen=True, slots=True)
class Plan:
    """How one process runs.

    Attributes:
        report: the file to which the process writes each step that it reaches.
        target: whose steps count: a queue, the method of a timer, or `rpc` and a handler. Everything else
            that the process would do by itself rests then, so that the steps are the same in every run.
        batch, point: the step at which it gets `signal`, both counted from 1; 0 for never.
        ahead: seconds by which its clock is fast: what waits for time to pass has waited.
        lease: seconds for which notifications holds what it has taken up, 0 for as long as in production.
        page: how many customers it plans at a time, 0 for as many as there.
        alone: messages are handed over one after the other, so that the steps are the same in every run.
        poison: what the handler does with the events that have this word in them (see `crashing.POISONS`).
    """

    report: str
    target: str = ""
    batch: int = 0
    point: int = 0
    signal: int = signal.SIGKILL
    ahead: float = 0
    lease: float = 0
    page: int = 0
    alone: bool = False
    poison: Mapping[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        return {VARIABLE: json.dumps(asdict(self))}

    @staticmethod
    def of_this_process() -> "Plan":
        return Plan(**json.loads(os.environ.get(VARIABLE) or json.dumps({"report": os.devnull})))


@dataclass(frozen=True, slots=True)
class Step:
    """A step that a process has reached."""

    batch: int
    point: int
    label: str


class Report:
    """What a process has written so far about its run: time, kind of line, and what it is about."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.touch()

    def lines(self) -> list[tuple[float, str, str]]:
        written = (line.split(" ", 2) for line in self.path.read_text().splitlines())
        return [(float(at), kind, rest) for at, kind, rest in written]

    def count(self, kind: str) -> int:
        return sum(one == kind for _, one, _ in self.lines())

    def steps(self) -> list[Step]:
        found = (rest.split(" ", 2) for _, kind, rest in self.lines() if kind == "step")
        return [Step(int(batch), int(point), label) for batch, point, label in found]

    def acked(self) -> int:
        """Return how many messages it has acknowledged."""
        return sum(int(rest) for _, kind, rest in self.lines() if kind == "acked")

    def rests(self, since: float = 0) -> bool:
        """Tell whether all of it has started, and nothing is in its hand since that moment or a later one.

        By then every timer has looked twice: what counts is what a process has done, however slow it is.
        """
        lines = self.lines()
        told = Counter(kind for _, kind, _ in lines)
        consumers, consuming, timers = (
            {rest for _, kind, rest in lines if kind == wanted}
            for wanted in ("consumer", "consuming", "timer")
        )
        if not consumers or consumers != consuming:
            return False
        since = max(since, *(at for at, kind, _ in lines if kind not in ("tick", "step")))
        looks = Counter(rest for at, kind, rest in lines if kind == "tick" and at > since)
        return (
            time.time() - since > QUIET
            and all(looks[one] > 1 for one in timers)
            and told["arrived"] == self.acked()
            and told["taken"] == told["handled"]
        )
