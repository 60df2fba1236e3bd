"""The database driver under eventlet, for two minutes; `make soak` and the ADR are about longer ones."""

from pathlib import Path

import pytest

from tests.faults.driver import observe

SECONDS = 120


@pytest.mark.long
@pytest.mark.timeout(SECONDS + 300)
def test_no_greenlet_is_ever_stuck_and_no_memory_leaks_whatever_happens_to_the_database(
    tmp_path: Path,
) -> None:
    observed = observe(tmp_path, SECONDS, seed=1)

    assert all(observed.verdicts.values()), observed.verdicts
