"""The users that RabbitMQ gets in containers: each can do its work, and nobody reads what is another's."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import amqp
import pytest

from wafa.contracts.catalogue import INBOUND, OUTBOUND
from wafa.contracts.envelope import EXCHANGE
from wafa.runtime.broker import connect
from wafa.runtime.topology import QUARANTINE, QUEUES, REFUSED, RETRY, UNROUTED, declare_all, suspects_queue
from wafa.stack import SERVICES, Stack

SCRIPT = Path(__file__).parents[3] / "deploy" / "rabbitmq" / "definitions.sh"
USERS = ("admin", "publisher", *SERVICES)

Open = Callable[[str], amqp.Channel]


def definitions(passwords: dict[str, str]) -> str:
    variables = {f"{user.upper()}_PASSWORD": password for user, password in passwords.items()}
    done = subprocess.run(
        ["sh", SCRIPT],
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.fixture(scope="module")
def vhost(infrastructure: Stack, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A virtual host for these users, in the place of the container's only one."""
    name = "containers"
    path = tmp_path_factory.mktemp("containers") / "definitions.json"
    path.write_text(definitions({user: f"{user}-secret" for user in USERS}).replace('"/"', f'"{name}"'))
    infrastructure.rabbitmqctl("import_definitions", str(path))
    return name


@pytest.fixture
def open_channel(infrastructure: Stack, vhost: str) -> Iterator[Open]:
    connections: list[amqp.Connection] = []

    def open_as(user: str) -> amqp.Channel:
        place = infrastructure.amqp_uri.partition("@")[2].partition("/")[0]
        connections.append(connect(f"amqp://{user}:{user}-secret@{place}/{vhost}", name=f"test {user}"))
        return connections[-1].channel()

    yield open_as
    for connection in connections:
        connection.collect()


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_declares_the_topology_and_reads_its_own_queue(open_channel: Open, service: str) -> None:
    channel = open_channel(service)
    declare_all(channel)
    channel.basic_get(f"wafa.{service}")
    channel.basic_get(suspects_queue(f"wafa.{service}"))


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_reads_no_other_services_queue(open_channel: Open, service: str) -> None:
    declare_all(open_channel("admin"))
    own = {f"wafa.{service}", suspects_queue(f"wafa.{service}")}
    for queue in QUEUES.keys() - own - ({QUARANTINE} if service == "interactions" else set()):
        with pytest.raises(amqp.exceptions.AccessRefused):
            open_channel(service).basic_get(queue)


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_service_refuses_it_hands_to_interactions_and_never_sees_again(
    open_channel: Open, service: str
) -> None:
    channel = open_channel(service)
    declare_all(channel)
    channel.basic_publish_confirm(amqp.Message("{}"), REFUSED, mandatory=True)
    if service == "interactions":
        channel.basic_get(QUARANTINE)
    else:
        with pytest.raises(amqp.exceptions.AccessRefused):
            channel.basic_get(QUARANTINE)


@pytest.mark.parametrize("type", [*INBOUND, "purchase.complete.v1", "customer.registred.v1", "no type"])
def test_an_outside_system_publishes_what_happened_and_slips_of_the_pen_come_to_quarantine(
    open_channel: Open, type: str
) -> None:
    declare_all(open_channel("admin"))
    open_channel("publisher").basic_publish_confirm(amqp.Message("{}"), EXCHANGE, type, mandatory=True)


@pytest.mark.parametrize("type", [*OUTBOUND, "loyalty", "loyalty.x", "customer.created.v2"])
def test_an_outside_system_cannot_speak_in_wafas_name(open_channel: Open, type: str) -> None:
    declare_all(open_channel("admin"))
    with pytest.raises(amqp.exceptions.AccessRefused):
        open_channel("publisher").basic_publish_confirm(amqp.Message("{}"), EXCHANGE, type)


def test_an_outside_system_can_do_nothing_else(open_channel: Open) -> None:
    declare_all(open_channel("admin"))
    with pytest.raises(amqp.exceptions.AccessRefused):
        open_channel("publisher").basic_get("wafa.loyalty")
    for exchange in (REFUSED, UNROUTED, RETRY, ""):
        with pytest.raises(amqp.exceptions.AccessRefused):
            open_channel("publisher").basic_publish_confirm(amqp.Message("{}"), exchange, "wafa.loyalty")
    with pytest.raises(amqp.exceptions.AccessRefused):
        open_channel("publisher").queue_declare("mine")


@pytest.mark.parametrize("password", ["", "with space", 'quo"te', "$(id)", "slash/"])
def test_a_password_that_would_break_an_address_is_refused(password: str) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        definitions(dict.fromkeys(USERS, "fine") | {"loyalty": password})
