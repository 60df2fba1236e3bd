"""Histories of tenants that are unlike each other."""

from pathlib import Path

import numpy as np

from services.loyalty.modelling.datasets import Columns, read
from services.loyalty.modelling.dates import day_number
from services.loyalty.modelling.history import History

CDNOW = Path(__file__).resolve().parents[4] / "examples" / "data" / "cdnow.csv"


def cdnow() -> History:
    return read(CDNOW, Columns()).history


def day(text: str) -> int:
    from datetime import date

    return day_number(date.fromisoformat(text))


def regulars(people: int, days: int, seed: int = 7) -> History:
    """People who arrive all the time, each with a rhythm, and stay away for good some day."""
    random = np.random.default_rng(seed)
    rows: list[tuple[int, int]] = []
    for person in range(people):
        moment, rhythm = random.uniform(0, days), np.exp(random.normal(np.log(18), 0.5))
        end = min(moment + random.exponential(300), days)
        while moment < end:
            rows.append((person, 10_000 + int(moment)))
            moment += max(1.0, rhythm * random.gamma(16, 1 / 16))
    return of(rows)


def of(rows: list[tuple[int, int]], cents: float = 10_00) -> History:
    people, days = np.array(rows).T
    return History(people, days, np.full(len(rows), cents))
