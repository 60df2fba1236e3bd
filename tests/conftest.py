"""Real servers for the tests: started once a session and worker, when the first test asks for them."""

import json
import signal
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from pymongo import MongoClient
from pymongo.database import Database

from wafa.stack import Stack, ports
from wafa.stack.services import WORKERS

VHOSTS_AT_A_TIME = 20
#: Makes a stack of these services, with further variables; see `isolated`.
Isolated = Callable[..., Stack]

# How long an example takes is the machine's affair, and says nothing about the code.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

# Whoever starts the tests in the background may ignore Ctrl-C, and every process of ours would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    if worker := getattr(config, "workerinput", None):
        # A port is free until its server has started, or while it is killed: another worker may not take it.
        number, count = int(worker["workerid"].removeprefix("gw")), worker["workercount"]
        ports.CANDIDATES = ports.CANDIDATES[number::count]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, the longest first; the order is random otherwise."""
    items.sort(key=_minutes, reverse=True)


def pytest_collection_finish() -> None:
    """Keep eventlet out of the process that tests: it warns of every server that is started from then on."""
    if "eventlet" in sys.modules:
        pytest.exit("a test imports eventlet into this process; run what needs it in one of its own", 3)


@pytest.fixture(scope="session")
def infrastructure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Broker, database and mail sink (AMQP_URI and MONGODB_URI stand in for the first two)."""
    with Stack(tmp_path_factory.mktemp("infrastructure"), services=[]) as stack:
        yield stack


@pytest.fixture(scope="session")
def amqp_uri(infrastructure: Stack) -> str:
    """The broker's default virtual host, shared by all tests: use names of your own there."""
    return infrastructure.amqp_uri


@pytest.fixture(scope="session")
def mongodb_uri(infrastructure: Stack) -> str:
    return infrastructure.mongodb_uri


@pytest.fixture(scope="session")
def vhosts(infrastructure: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Addresses of empty virtual hosts, one after the other."""
    return _empty_vhosts(infrastructure, tmp_path_factory.mktemp("vhosts"))


@pytest.fixture
def vhost_uri(vhosts: Iterator[str]) -> str:
    """A broker to oneself: exchanges and queues may have their real names."""
    return next(vhosts)


@pytest.fixture
def unique() -> str:
    """A name that no other test has, fit for queues, databases and virtual hosts."""
    return unique_name()


@pytest.fixture(scope="session")
def mongo_client(mongodb_uri: str) -> Iterator[MongoClient]:
    with MongoClient(mongodb_uri, tz_aware=True) as client:
        yield client


@pytest.fixture
def database(mongo_client: MongoClient, unique: str) -> Iterator[Database]:
    """An empty database, dropped after the test."""
    yield mongo_client[unique]
    mongo_client.drop_database(unique)


@pytest.fixture(scope="module")
def prefix() -> str:
    """What the names of the system's databases begin with."""
    return f"{unique_name()}_"


@pytest.fixture(scope="session")
def isolated(
    infrastructure: Stack, vhosts: Iterator[str], tmp_path_factory: pytest.TempPathFactory
) -> Isolated:
    """Runs services on a broker and databases that nobody else uses: `with isolated("loyalty") as stack`."""

    def stack(*services: str, mongodb_uri: str = "", **environment: str) -> Stack:
        return Stack(
            tmp_path_factory.mktemp(services[0]),
            services=services,
            amqp_uri=next(vhosts),
            mongodb_uri=mongodb_uri or infrastructure.mongodb_uri,
            environment={"WAFA_DATABASE_PREFIX": f"{unique_name()}_", **environment},
        )

    return stack


@pytest.fixture(scope="module")
def system(isolated: Isolated, prefix: str) -> Iterator[Stack]:
    """All services, on a virtual host and databases that only this test module uses."""
    with isolated(*WORKERS, WAFA_DATABASE_PREFIX=prefix) as stack:
        yield stack


def _minutes(item: pytest.Item) -> float:
    long = item.get_closest_marker("long")
    return float(long.kwargs.get("minutes", 1)) if long else 0


def unique_name() -> str:
    return f"t{uuid.uuid4().hex[:12]}"


def _empty_vhosts(stack: Stack, folder: Path) -> Iterator[str]:
    root, _, _ = stack.amqp_uri.rpartition("/")
    definitions = folder / "definitions.json"
    while True:
        # By the twenty, because asking the broker for them takes a second, however many they are.
        names = [unique_name() for _ in range(VHOSTS_AT_A_TIME)]
        definitions.write_text(json.dumps(_definitions(names)))
        stack.rabbitmqctl("import_definitions", str(definitions))
        yield from (f"{root}/{name}" for name in names)


def _definitions(vhosts: list[str]) -> dict[str, list[dict[str, str]]]:
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    return {
        "vhosts": [{"name": name} for name in vhosts],
        "permissions": [{"user": "guest", "vhost": name, **everything} for name in vhosts],
    }
