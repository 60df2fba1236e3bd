"""The database is lost; by the commands of docs/operating.md, word for word, everything comes back."""

import json
from datetime import UTC, datetime

import pytest

from tests.compose.documents import typed
from tests.compose.stack import Containers, docker
from tests.waiting import eventually

CUSTOMERS, PER_SECOND = 100, 200.0
#: The day of the document's example.
DAY = "2026-11-22"


@pytest.fixture(autouse=True)
def _played(figures: list[dict[str, str]]) -> None:
    """The demo compares totals: it comes first."""


def shop(containers: Containers, name: str, expected: dict[str, str] | None = None) -> dict[str, str]:
    """Publish purchases, anew or again, until every figure is right; return the figures."""
    known = [json.dumps(expected)] if expected else []
    said = containers.drive("fed.py", name, CUSTOMERS, PER_SECOND, *known).end()
    assert said[-1] == {"differs": {}}, said[-5:]
    return dict(said[-2]["expected"])


def lose_the_database(containers: Containers) -> None:
    """Take away the container and its volume, and begin with a new one that is empty."""
    for one in containers.ids("mongodb"):
        docker("rm", "--force", one)
    docker("volume", "rm", f"{containers.project}_mongodb")
    containers.compose("up", "--detach", "--no-build", "mongodb")
    eventually(lambda: containers.are_healthy("mongodb"), within=120, every=1)


def test_a_backup_brings_back_what_was_lost(containers: Containers, unique: str) -> None:
    [back_up] = typed("Backup")
    [restore] = typed("Restore")
    stop, put_back, start, reconcile = restore.splitlines()
    shop(containers, f"{unique}-before")
    began = datetime.now(UTC)
    with containers.timed("backup"):
        told = containers.as_documented(back_up)
    assert "read back and whole" in told
    figures = shop(containers, f"{unique}-after")

    containers.as_documented(stop)
    lose_the_database(containers)
    with containers.timed("restore"):
        lost = "--erased none"
        containers.as_documented(put_back.replace(DAY, f"{began:%F}").replace("--force", lost))
    containers.as_documented(start)
    eventually(containers.is_healthy, within=180, every=1)
    with containers.timed("reconcile"):
        told = containers.as_documented(reconcile)
    assert "0 members differ" in told
    shop(containers, f"{unique}-after", figures)
    shop(containers, f"{unique}-before", figures)
