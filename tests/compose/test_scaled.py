"""More containers of a service share its work; how much they get done is measured."""

import os

import pytest

from tests.compose.stack import Containers, docker

ONE, THREE = {"loyalty": 1, "interactions": 1}, {"loyalty": 3, "interactions": 3}
#: Published by the hundred: of fewer there would not be some for each of three.
EVENTS = 4000
PROCESSORS = os.cpu_count() or 1
#: As if each container had a small machine of its own: all of them together do not fill this one.
SMALL = 0.1


@pytest.fixture(autouse=True)
def _played(figures: list[dict[str, str]]) -> None:
    """The demo compares totals: it comes first."""


def events_per_second(
    containers: Containers, replicas: dict[str, int], shares: tuple[float, ...], name: str
) -> list[float]:
    """Return how many go through, for each share of a processor that each of the containers may have."""
    containers.scale(**replicas)
    ids = [one for service in replicas for one in containers.ids(service)]
    found = []
    for share in shares:
        docker("update", f"--cpus={share}", *ids)
        try:
            rush = containers.drive("rushed.py", f"{name}-{share}", EVENTS)
            [*_, said] = rush.end()
        finally:
            docker("update", f"--cpus={PROCESSORS}", *ids)
        assert rush.process.returncode == 0, said
        found.append(said["events"] / said["seconds"])
    return found


def test_every_event_gets_through_one_container_and_three(containers: Containers, unique: str) -> None:
    """How fast stands in the summary: what three bring depends on this machine, and on what else it does."""
    shares = (SMALL, PROCESSORS)
    one = events_per_second(containers, ONE, shares, f"{unique}-one")
    three = events_per_second(containers, THREE, shares, f"{unique}-three")
    containers.told += [
        f"{before:.0f} events/s with one loyalty and one interactions, {after:.0f} with three of each:"
        f" {share} processors for each, {PROCESSORS} for all, load {os.getloadavg()[0]:.0f}"
        for share, before, after in zip(shares, one, three, strict=True)
    ]
