"""What it takes to fit a model to many members, and to score one of them: in a process of its own.

Members are made up as BG/NBD has them, two years of them, arriving all the time: how fast it is does not
depend on how well they are predicted.
"""

import json
import resource
import subprocess
import sys
import time
from itertools import pairwise
from typing import Any

import numpy as np

from services.loyalty.domain.outlook.model import PRIORS, Model, score
from services.loyalty.domain.outlook.trail import Trail, trail_of
from services.loyalty.modelling import counting, fitting
from services.loyalty.modelling.history import History

DAYS, BEGIN = 730, 19_000
SCORED, ROUNDS = 2_000, 3


def measure(members: int) -> dict[str, Any]:
    """Return the figures; memory is that of the process at its peak."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.prediction", str(members)], capture_output=True, check=True
    )
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def main(members: int) -> None:
    history = made_up(members)
    before, today = memory(), BEGIN + DAYS - 1
    counts = counting.Counts.of(history.at(today))
    bgnbd_seconds, _ = timed(lambda: counting.fit(counts))
    fit_seconds, model = timed(lambda: fitting.fit(history, today))
    trails = some(history)
    figures = {
        "members": history.number,
        "purchases": len(history.days),
        "fit_seconds": round(fit_seconds, 2),
        "bgnbd_seconds": round(bgnbd_seconds, 2),
        "memory_mib": round(memory()),
        "memory_before_mib": round(before),
        "score_us": round(score_us(model, trails, today), 1),
        "score_by_priors_us": round(score_us(PRIORS, trails, today), 1),
    }
    print(json.dumps(figures))


def made_up(members: int) -> History:
    random = np.random.default_rng(1)
    rate, stops = random.gamma(0.6, 1 / 60, members), random.beta(0.8, 3, members)
    here, moment = np.arange(members), random.uniform(0, DAYS, members)
    people, days = [here], [moment]
    while len(here):
        if len(people) > 1:
            stays = random.random(len(here)) > stops[here]
            here, moment = here[stays], moment[stays]
        moment = moment + random.exponential(1 / np.maximum(rate[here], 1e-9))
        here, moment = here[moment < DAYS], moment[moment < DAYS]
        people.append(here)
        days.append(moment)
    who = np.concatenate(people)
    return History(who, np.concatenate(days).astype(np.int64) + BEGIN, random.gamma(3, 1000, len(who)))


def some(history: History) -> list[Trail]:
    """Return the trails of the first members."""
    ends = np.searchsorted(history.people, np.arange(min(SCORED, history.number) + 1))
    return [
        trail_of(history.days[begin:end].tolist(), int(history.amounts[begin:end].sum()))
        for begin, end in pairwise(ends)
    ]


def score_us(model: Model, trails: list[Trail], today: int) -> float:
    """Return the microseconds of a score, in the fastest of the rounds."""
    return (
        min(timed(lambda: [score(model, one, today) for one in trails])[0] for _ in range(ROUNDS))
        * 1e6
        / len(trails)
    )


def timed(step: Any) -> tuple[float, Any]:
    began = time.perf_counter()
    found = step()
    return time.perf_counter() - began, found


def memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(int(sys.argv[1]))
