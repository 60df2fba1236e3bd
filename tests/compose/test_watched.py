"""Prometheus in its container finds everything that there is to look at."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.compose.documents import typed
from tests.compose.stack import Containers
from tests.waiting import eventually
from wafa.services import PROCESSES


@pytest.fixture(scope="module")
def prometheus(containers: Containers) -> Iterator[str]:
    """The container; it comes without Grafana."""
    containers.compose("up", "--detach", "--no-build", "prometheus")
    eventually(lambda: containers.are_healthy("prometheus"), within=60, every=1)
    [one] = containers.ids("prometheus")
    yield one
    containers.compose("--profile", "observe", "rm", "--stop", "--force", "prometheus")


def targets(containers: Containers, prometheus: str) -> Counter[tuple[str, str, str]]:
    """Return how many there are of each job and service, and how they are."""
    page = containers.execute(prometheus, "wget", "-qO-", "http://127.0.0.1:9090/api/v1/targets?state=active")
    found: list[dict[str, Any]] = json.loads(page)["data"]["activeTargets"]
    return Counter((one["labels"]["job"], one["labels"].get("service", ""), one["health"]) for one in found)


def test_every_replica_and_the_broker_are_found_and_up(containers: Containers, prometheus: str) -> None:
    containers.scale(loyalty=2)
    expected = Counter(
        {("wafa", name, "up"): len(containers.ids(name)) for name in PROCESSES}
        | {(job, "", "up"): 1 for job in ("rabbitmq", "rabbitmq-queues", "prometheus")}
    )
    eventually(lambda: targets(containers, prometheus) == expected, within=90, every=1)
    containers.told.append(f"Prometheus: {expected.total()} targets, all up")


def test_what_fires_can_be_asked_without_a_browser(containers: Containers, prometheus: str) -> None:
    [ask] = [one for one in typed("Alerts") if "promtool" in one]
    containers.as_documented(ask)
