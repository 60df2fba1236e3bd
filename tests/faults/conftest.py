"""Places in which services may die, and what came of it at the end of the session."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import pytest
from pymongo import MongoClient

from tests.conftest import unique_name
from tests.faults.bus import Bus
from tests.faults.lane import Lane
from tests.faults.nursery import Nursery
from tests.faults.table import CRASH_POINTS, OUTAGE, Table
from wafa.stack import Stack

#: They wait more than they work.
LANES = 3


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    with Nursery(tmp_path_factory.mktemp("nursery")) as nursery:
        yield nursery


@pytest.fixture(scope="session")
def lanes(
    infrastructure: Stack,
    vhosts: Iterator[str],
    mongo_client: MongoClient,
    nursery: Nursery,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Sequence[Lane]]:
    """Places that know nothing of each other."""
    with ExitStack() as places:
        lanes = []
        for _ in range(LANES):
            stack = Stack(
                tmp_path_factory.mktemp("lane"),
                services=[],
                amqp_uri=next(vhosts),
                mongodb_uri=infrastructure.mongodb_uri,
            )
            places.enter_context(stack)
            bus = places.enter_context(Bus(stack.amqp_uri))
            lanes.append(Lane(stack, bus, mongo_client, nursery, f"{unique_name()}_"))
        yield lanes


@pytest.fixture
def lane(lanes: Sequence[Lane]) -> Lane:
    return lanes[0]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if courses := recorded(terminalreporter, CRASH_POINTS):
        table = Table.of(courses)
        file = terminalreporter.config.rootpath / ".cache" / "crash-points.txt"
        file.parent.mkdir(exist_ok=True)
        file.write_text("".join(f"{line}\n" for line in table.lines()))
        terminalreporter.section("crash points")
        for line in table.summary():
            terminalreporter.line(line)
        terminalreporter.line(f"{len(table.rows)} crash points; each step: {file}")
    if outages := recorded(terminalreporter, OUTAGE):
        terminalreporter.section("outages")
        for line in outages:
            terminalreporter.line(line)


def recorded(terminalreporter: pytest.TerminalReporter, name: str) -> list[Any]:
    """Return what tests have recorded under a name, whichever worker they ran in."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    return [value for report in reports for key, value in report.user_properties if key == name]
