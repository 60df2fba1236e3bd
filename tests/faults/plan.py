"""What a service under test is to go through; travels from the test to the process in its environment."""

import json
import os
import signal
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

VARIABLE = "WAFA_TEST_PLAN"
#: Seconds that a process waits at most for a batch to get full, and after which nothing more can come.
LINGER, QUIET = 0.25, 0.3


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

    def rests(self, quiet: float = QUIET) -> bool:
        """Tell whether it has started, has nothing in hand, and every timer has looked twice since it had.

        For so many seconds nothing was done; who has a loop of its own needs more of them on a busy machine.
        """
        lines = self.lines()
        places = [place for place, (_, kind, _) in enumerate(lines) if kind not in ("tick", "step")]
        if not places or not any(kind == "consuming" for _, kind, _ in lines):
            return False
        ticks = [rest for _, kind, rest in lines[places[-1] :] if kind == "tick"]
        timers = {rest for _, kind, rest in lines if kind == "timer"}
        acked = sum(int(rest) for _, kind, rest in lines if kind == "acked")
        looked = time.time() - lines[places[-1]][0] > quiet and all(ticks.count(one) > 1 for one in timers)
        return looked and self.count("arrived") == acked and self.count("taken") == self.count("handled")
