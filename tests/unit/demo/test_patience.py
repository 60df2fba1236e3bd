"""On a slow machine a demo goes on while anything moves, and says where it stands when nothing does."""

from collections.abc import Iterator
from datetime import date
from itertools import chain, repeat
from typing import Any

import pytest

from wafa.demo import run
from wafa.demo.run import PATIENCE, Demo, Stalled


class SlowClock:
    """Between two looks, most of the demo's patience goes by."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, _seconds: float) -> None:
        self.now += 0.8 * PATIENCE


class Loyalty:
    """Answers with so many purchases in the ledger, one answer after the other."""

    def __init__(self, *counts: int) -> None:
        self._counts: Iterator[int] = chain(counts, repeat(counts[-1]))

    def call(self, _service: str, _method: str) -> dict[str, Any]:
        return {"purchases": next(self._counts)}


def demo(monkeypatch: pytest.MonkeyPatch, services: Loyalty) -> Demo:
    monkeypatch.setattr(run, "time", SlowClock())
    return Demo([], date(2026, 1, 31), publisher=None, services=services)  # type: ignore[arg-type]


def test_whatever_moves_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    demo(monkeypatch, Loyalty(0, 1, 2, 3, 4)).follow(4, seen.append)
    assert seen == [0, 1, 2, 3, 4]


def test_what_stands_still_ends_the_demo_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Stalled, match=r"the ledger: at 3, and no further for 180 seconds; see the logs"):
        demo(monkeypatch, Loyalty(1, 3)).follow(4, lambda _number: None)
