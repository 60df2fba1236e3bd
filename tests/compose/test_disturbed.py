"""Purchases come in while containers are added, killed and cut off; in the end every figure is right."""

import json
import random

import pytest

from tests.compose.stack import Containers, Driving, docker
from tests.waiting import eventually

CUSTOMERS, PER_SECOND = 300, 100.0
REPLICAS = {"loyalty": 3, "interactions": 3}
KILLED = ("loyalty", "interactions", "customers", "rabbitmq", "mongodb")

GET_METRICS = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8000/metrics').read().decode())"
ASK_READINESS = """
from http.client import HTTPConnection
connection = HTTPConnection("127.0.0.1", 8000, timeout=20)
connection.request("GET", "/readyz")
print("true" if connection.getresponse().status == 200 else "false")
"""


@pytest.fixture(autouse=True)
def _played(figures: list[dict[str, str]]) -> None:
    """The demo compares totals: it comes first."""


@pytest.fixture(scope="module")
def scaled(containers: Containers, figures: list[dict[str, str]]) -> Containers:
    with containers.timed("scale"):
        containers.scale(**REPLICAS)
    return containers


@pytest.fixture
def feed(scaled: Containers, unique: str) -> Driving:
    """A shop, in the middle of its day."""
    feed = scaled.drive("fed.py", unique, CUSTOMERS, PER_SECOND)
    feed.hear_of(2)
    return feed


def assert_reconciles(containers: Containers, feed: Driving) -> None:
    said = feed.end()
    assert said[-1] == {"differs": {}}, said[-5:]
    eventually(lambda: waiting(containers) == {}, every=1)
    eventually(containers.is_healthy, every=1)


def waiting(containers: Containers) -> dict[str, int]:
    """Return how many messages each queue has that is not empty."""
    [broker] = containers.ids("rabbitmq")
    command = ("rabbitmqctl", "--quiet", "list_queues", "--no-table-headers", "name", "messages")
    lines = (line.split() for line in containers.execute(broker, *command).splitlines())
    return {name: int(number) for name, number in lines if name.startswith("wafa.") and int(number)}


def has_taken_in(containers: Containers, container: str) -> float:
    """Return how many events a replica has taken in, as its own metrics say."""
    page = containers.execute(container, "python", "-c", GET_METRICS)
    lines = (line for line in page.splitlines() if line.startswith("wafa_events_total"))
    return sum(float(line.rpartition(" ")[2]) for line in lines)


def test_three_replicas_share_the_work(scaled: Containers, feed: Driving) -> None:
    assert_reconciles(scaled, feed)
    for service, number in REPLICAS.items():
        assert len(scaled.health(service)) == number
        assert all(has_taken_in(scaled, one) for one in scaled.ids(service))


def test_containers_are_killed_one_after_the_other_and_started_again(
    scaled: Containers, feed: Driving
) -> None:
    for service in random.sample(KILLED, len(KILLED)):
        killed = random.choice(scaled.ids(service))
        docker("kill", killed)
        docker("start", killed)
        feed.hear_of(1)
    assert_reconciles(scaled, feed)


def test_docker_itself_starts_what_has_died(scaled: Containers, feed: Driving) -> None:
    [customers] = scaled.ids("customers")

    def restarts() -> int:
        return int(scaled.inspected("customers")[0]["RestartCount"])

    before = restarts()
    die = "import os; os.kill(int(open('/proc/1/task/1/children').read().split()[0]), 9)"
    scaled.execute(customers, "python", "-c", die)
    eventually(lambda: restarts() > before)
    assert_reconciles(scaled, feed)


@pytest.mark.parametrize("service", ["interactions", "mongodb", "rabbitmq"])
def test_a_container_is_cut_off_from_the_network_for_a_while(
    scaled: Containers, feed: Driving, service: str
) -> None:
    cut = random.choice(scaled.ids(service))
    with scaled.cut_off(cut, service):
        # The container itself, or one that works with it.
        who = cut if service == "interactions" else scaled.ids("loyalty")[0]
        eventually(lambda: not is_ready(scaled, who), every=0.5)
    assert_reconciles(scaled, feed)


def is_ready(containers: Containers, container: str) -> bool:
    return bool(json.loads(containers.execute(container, "python", "-c", ASK_READINESS)))
