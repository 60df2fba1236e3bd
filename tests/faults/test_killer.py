"""Twenty thousand events while everything is killed, restarted and cut: the totals are exact all the same."""

from pathlib import Path

import pytest

from tests.faults.soak import run
from tests.faults.wired import wired

SECONDS = 75


@pytest.mark.long(minutes=5)
@pytest.mark.timeout(1200)
def test_nothing_is_lost_and_nothing_counted_twice_whatever_is_killed(tmp_path: Path) -> None:
    with wired(tmp_path) as system:
        outcome = run(system, seed=20_000, seconds=SECONDS)

    assert outcome.wrong == []
    assert outcome.faults["kill rabbitmq"], "the killer has hardly done anything"
    assert outcome.faults["kill mongodb"]
