"""More containers of a service do more work."""

import os

import pytest

from tests.compose.stack import Containers, docker

ONE, THREE = {"loyalty": 1, "interactions": 1}, {"loyalty": 3, "interactions": 3}
EVENTS = 3000
#: As if each container had a small machine of its own, so that all of them together do not fill this one.
SHARE = 0.2


@pytest.fixture(autouse=True)
def _played(figures: list[dict[str, str]]) -> None:
    """The demo compares totals: it comes first."""


def events_per_second(containers: Containers, replicas: dict[str, int], share: float, name: str) -> float:
    """Return how many go through, where each container has this share of a processor."""
    containers.scale(**replicas)
    ids = [one for service in replicas for one in containers.ids(service)]
    docker("update", f"--cpus={share}", *ids)
    try:
        [*_, said] = containers.drive("rushed.py", name, EVENTS).end()
    finally:
        docker("update", f"--cpus={os.cpu_count()}", *ids)
    return float(said["events"] / said["seconds"])


@pytest.mark.parametrize("share", [SHARE, os.cpu_count() or 1], ids=["small", "unlimited"])
def test_three_containers_of_a_service_get_more_done_than_one(
    containers: Containers, unique: str, share: float
) -> None:
    one = events_per_second(containers, ONE, share, f"{unique}-one")
    three = events_per_second(containers, THREE, share, f"{unique}-three")
    containers.told.append(
        f"{one:.0f} events/s with one loyalty and one interactions, {three:.0f} with three of each"
        f" ({share} processors for each of them, {os.cpu_count()} in all)"
    )
    if share == SHARE:
        assert three > 1.3 * one
