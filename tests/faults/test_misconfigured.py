"""What only a person can put right ends the process, with a sentence that says what: there is no zombie."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

import amqp
import pytest

from tests.faults.launching import Launched, launched
from tests.waiting import eventually
from wafa.runtime.broker import connect
from wafa.runtime.topology import QUEUES, declare_all
from wafa.stack import Stack
from wafa.stack.mongodb import find_program
from wafa.stack.ports import LOOPBACK, Ports, answers
from wafa.stack.process import Process

WITHIN = 30
CLASSIC = {"x-queue-type": "classic"}


@pytest.fixture
def launch(
    tmp_path: Path, mongodb_uri: str, vhost_uri: str, unique: str
) -> Iterator[Callable[..., Launched]]:
    """Starts services, on a virtual host and a database that nobody else has."""
    with ExitStack() as open_:

        def start(service: str = "loyalty", **environment: str) -> Launched:
            usual = {"AMQP_URI": vhost_uri, "MONGODB_URI": mongodb_uri, "WAFA_DATABASE_PREFIX": f"{unique}_"}
            return open_.enter_context(launched(service, tmp_path, {**usual, **environment}))

        yield start


@pytest.fixture
def channel(vhost_uri: str) -> Iterator[amqp.Channel]:
    with connect(vhost_uri, name="test") as connection:
        yield connection.channel()


def ended(service: Launched) -> int | None:
    """Return the exit code, None if it still runs after a moment."""
    try:
        return service.process.wait(0.1)
    except subprocess.TimeoutExpired:
        return None


def gives_up(service: Launched, *words: str) -> None:
    """Assert that a service ends by itself, was never ready, and says why in one sentence, its last line."""
    ready = False
    deadline = time.monotonic() + WITHIN
    while (code := ended(service)) is None and time.monotonic() < deadline:
        ready = ready or service.answers("/readyz")
    assert code == 1, service.words
    assert not ready, "it was given work"
    assert "Traceback" not in service.words
    last = service.words.rstrip().splitlines()[-1]
    assert last.startswith("wafa: "), service.words
    for word in words:
        assert word in last, last


@pytest.mark.parametrize("queue", ["wafa.loyalty", "wafa.retry-5s"])
def test_a_queue_of_another_type(launch: Callable[..., Launched], channel: amqp.Channel, queue: str) -> None:
    channel.queue_declare(queue, durable=True, auto_delete=False, arguments=CLASSIC)
    gives_up(launch(), queue, "inequivalent")


def test_a_queue_with_another_bound(launch: Callable[..., Launched], channel: amqp.Channel) -> None:
    arguments = {**QUEUES["wafa.loyalty"].arguments, "x-max-length": 7}
    channel.queue_declare("wafa.loyalty", durable=True, auto_delete=False, arguments=arguments)
    gives_up(launch(), "wafa.loyalty", "x-max-length")


def test_a_queue_of_requests_with_other_arguments(
    launch: Callable[..., Launched], channel: amqp.Channel
) -> None:
    channel.queue_declare("rpc-loyalty", auto_delete=False, arguments={"x-max-length": 7})
    gives_up(launch(), "rpc-loyalty", "x-max-length")


def test_another_password(launch: Callable[..., Launched], vhost_uri: str) -> None:
    uri = vhost_uri.replace("guest:guest", "guest:forgotten")
    gives_up(launch(AMQP_URI=uri), "the broker does not let us in", "ACCESS_REFUSED")


def test_another_virtual_host(launch: Callable[..., Launched], vhost_uri: str) -> None:
    gives_up(launch(AMQP_URI=f"{vhost_uri}-not"), "the broker does not let us in", "not found")


class User:
    """A user of the broker of whom we can take away a right."""

    def __init__(self, servers: Stack, vhost_uri: str, name: str) -> None:
        self._servers = servers
        self._name = name
        self._vhost = vhost_uri.rpartition("/")[2]
        self.uri = vhost_uri.replace("guest:guest", f"{name}:secret")
        servers.rabbitmqctl("add_user", name, "secret")

    def may(self, *, configure: str = ".*", write: str = ".*", read: str = ".*") -> None:
        self._servers.rabbitmqctl("set_permissions", "-p", self._vhost, self._name, configure, write, read)


@pytest.fixture
def user(infrastructure: Stack, vhost_uri: str, unique: str) -> User:
    return User(infrastructure, vhost_uri, unique)


@pytest.mark.parametrize(
    ("denied", "named"),
    [
        ({"configure": "^(?!wafa.loyalty$).*"}, "queue 'wafa.loyalty'"),
        ({"configure": "^(?!crm.events$).*"}, "exchange 'crm.events'"),
        ({"read": "^(?!wafa.loyalty$).*"}, "queue 'wafa.loyalty'"),
        ({"write": "^(?!crm.events$).*"}, "exchange 'crm.events'"),
        ({"write": "^(?!nameko-rpc$).*"}, "exchange 'nameko-rpc'"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else value.split("'")[1],
)
def test_a_right_that_is_missing(
    launch: Callable[..., Launched], channel: amqp.Channel, user: User, denied: dict[str, str], named: str
) -> None:
    declare_all(channel)
    user.may(**denied)
    gives_up(launch(AMQP_URI=user.uri), named, "refused")


def test_a_database_that_does_not_know_the_user(launch: Callable[..., Launched], tmp_path: Path) -> None:
    program = find_program()
    assert program
    port = Ports({}).take("mongodb")
    (tmp_path / "data").mkdir()
    place = ["--dbpath" if program.kind == "mongod" else "--storage-path", str(tmp_path / "data")]
    server = Process(
        "mongodb",
        [str(program.path), *place, "--port", str(port), "--auth"],
        {},
        tmp_path,
        tmp_path / "mongodb.log",
    )
    try:
        eventually(lambda: answers(LOOPBACK, port))
        gives_up(launch(MONGODB_URI=f"mongodb://{LOOPBACK}:{port}/"), "the database refuses us")
        stranger = f"mongodb://stranger:{quote('p@ss')}@{LOOPBACK}:{port}/"
        gives_up(launch(MONGODB_URI=stranger), "the database refuses us")
    finally:
        server.kill()


def test_a_program_file_with_a_mistake(launch: Callable[..., Launched], tmp_path: Path) -> None:
    program = tmp_path / "program.yml"
    program.write_text("base_currency: USD\nearn_rate: much\n")
    service = launch(WAFA_LOYALTY_PROGRAM=str(program))
    code = service.process.wait(WITHIN)
    assert code == 1
    assert "Traceback" not in service.words
    assert f"wafa: {program}, line " in service.words
    assert "earn_rate" in service.words


@pytest.mark.parametrize("uri", ["mongodb://", "mongodb://host:port/", "mongodb://a:b:c@host/"])
def test_an_address_of_a_database_that_is_none(launch: Callable[..., Launched], uri: str) -> None:
    gives_up(launch(MONGODB_URI=uri), "MONGODB_URI")
