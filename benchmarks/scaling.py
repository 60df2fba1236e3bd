"""Replicas: what a second and a third process of loyalty and interactions bring, as `--scale` starts them."""

from collections.abc import Callable, Iterator
from typing import Any

import psutil

Figures = dict[str, Any]
SCALED = ("loyalty", "interactions")
PROCESSES = (1, 2, 3)
#: Shares from which on something counts as full.
ALL_CORES, ONE_CORE = 0.9, 0.85


def measure(run: Callable[[int], Figures]) -> Figures:
    """Return the figures of `run(processes)` for 1, 2, 3 processes, each with what limits it."""
    cores = psutil.cpu_count() or 1
    runs = [{"processes": processes, **run(processes)} for processes in PROCESSES]
    first = runs[0]["events_per_second"]
    for one in runs:
        one["of_one"] = round(one["events_per_second"] / first, 2)
        one["limit"] = limit(one, cores)
    return {"cores": cores, "runs": runs}


def limit(run: Figures, cores: int) -> str:
    """Return in words what stood in the way of more."""
    if run["cores_busy"] >= ALL_CORES * cores:
        return f"processors: {run['cores_busy']:.2f} of {cores} cores are busy"
    share, name = max(_shares(run))
    if share >= ONE_CORE:
        return f"{name}: {share:.0%} of the one core that it can use"
    return f"waiting: {run['cores_busy']:.2f} of {cores} cores are busy, {name} for {share:.0%} of a core"


def _shares(run: Figures) -> Iterator[tuple[float, str]]:
    """Yield of each process which share of a core it used; broker and database may use many."""
    for name, seconds in run["cpu_seconds"].items():
        if name not in ("rabbitmq", "mongodb"):
            yield seconds / run["seconds_to_rest"], name
