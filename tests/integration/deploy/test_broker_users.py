"""The users that RabbitMQ gets in containers: each can do its work, and nobody reads what is another's."""

import subprocess
import uuid
from collections.abc import Callable, Iterator

import amqp
import pytest

from tests.integration.deploy.conftest import USERS, Address, definitions
from wafa.contracts.catalogue import INBOUND, OUTBOUND
from wafa.contracts.envelope import EXCHANGE
from wafa.runtime.broker import connect
from wafa.runtime.caller import Caller
from wafa.runtime.errors import RemoteUnavailable
from wafa.runtime.protocol import RPC_EXCHANGE
from wafa.runtime.topology import QUARANTINE, QUEUES, REFUSED, RETRY, UNROUTED, declare_all, suspects_queue
from wafa.services import GATEWAY, WEB
from wafa.services import SERVICES as EVENT_SERVICES

#: Those that have a queue.
SERVICES = (*EVENT_SERVICES, GATEWAY)

Open = Callable[[str], amqp.Channel]


@pytest.fixture
def open_channel(address: Address) -> Iterator[Open]:
    connections: list[amqp.Connection] = []

    def open_as(user: str) -> amqp.Channel:
        connections.append(connect(address(user), name=f"test {user}"))
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


def own_queue(channel: amqp.Channel) -> str:
    return str(channel.queue_declare("", exclusive=True).queue)


def test_the_front_door_asks_services_and_hears_the_answer(open_channel: Open, address: Address) -> None:
    """As far as it goes where no service runs: the broker itself says that nobody listens."""
    caller = Caller(address(WEB), name="test")
    try:
        with pytest.raises(RemoteUnavailable, match="is it running"):
            caller.call("customers", "get", "somebody", within=10)
    finally:
        caller.close()


def test_the_front_door_publishes_what_happened_and_hears_what_services_say(open_channel: Open) -> None:
    declare_all(open_channel("admin"))
    channel = open_channel(WEB)
    channel.queue_bind(own_queue(channel), EXCHANGE, "customer.recognized.v1")
    channel.basic_publish_confirm(amqp.Message("{}"), EXCHANGE, next(iter(INBOUND)), mandatory=True)


@pytest.mark.parametrize("type", [*OUTBOUND, "customer.change_applied.v1", "loyalty.x"])
def test_the_front_door_cannot_speak_in_wafas_name(open_channel: Open, type: str) -> None:
    declare_all(open_channel("admin"))
    with pytest.raises(amqp.exceptions.AccessRefused):
        open_channel(WEB).basic_publish_confirm(amqp.Message("{}"), EXCHANGE, type)


def test_the_front_door_touches_no_queue_of_a_service(open_channel: Open) -> None:
    declare_all(open_channel("admin"))
    for queue in QUEUES:
        with pytest.raises(amqp.exceptions.AccessRefused):
            open_channel(WEB).basic_get(queue)
        with pytest.raises(amqp.exceptions.AccessRefused):
            open_channel(WEB).queue_purge(queue)
    for exchange in (REFUSED, UNROUTED, RETRY, ""):
        with pytest.raises(amqp.exceptions.AccessRefused):
            open_channel(WEB).basic_publish_confirm(amqp.Message("{}"), exchange, "wafa.loyalty")
    for name in ("mine", "rpc-customers", "rpc-gateway"):
        with pytest.raises(amqp.exceptions.AccessRefused):
            open_channel(WEB).queue_declare(name)


@pytest.mark.parametrize("key", ["#", "customers.*", "*", "customers.get"])
def test_the_front_door_hears_nothing_of_what_services_are_asked(open_channel: Open, key: str) -> None:
    channel = open_channel(WEB)
    channel.exchange_declare(RPC_EXCHANGE, "topic", durable=True, auto_delete=False)
    queue = own_queue(channel)
    channel.queue_bind(queue, RPC_EXCHANGE, uuid.uuid4().hex)
    with pytest.raises(amqp.exceptions.AccessRefused):
        channel.queue_bind(queue, RPC_EXCHANGE, key)


def test_the_front_door_cannot_answer_in_the_place_of_a_service(open_channel: Open) -> None:
    channel = open_channel(WEB)
    channel.exchange_declare(RPC_EXCHANGE, "topic", durable=True, auto_delete=False)
    with pytest.raises(amqp.exceptions.AccessRefused):
        channel.basic_publish_confirm(amqp.Message("{}"), RPC_EXCHANGE, uuid.uuid4().hex)


@pytest.mark.parametrize("type", sorted({*OUTBOUND} - {"customer.change_applied.v1"}))
def test_the_gateways_worker_says_that_it_applied_a_change_and_nothing_else_in_wafas_name(
    open_channel: Open, type: str
) -> None:
    declare_all(open_channel("admin"))
    channel = open_channel(GATEWAY)
    channel.basic_publish_confirm(amqp.Message("{}"), EXCHANGE, "customer.change_applied.v1", mandatory=True)
    with pytest.raises(amqp.exceptions.AccessRefused):
        channel.basic_publish_confirm(amqp.Message("{}"), EXCHANGE, type)


@pytest.mark.parametrize("password", ["", "with space", 'quo"te', "$(id)", "slash/"])
def test_a_password_that_would_break_an_address_is_refused(password: str) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        definitions(dict.fromkeys(USERS, "fine") | {"loyalty": password})
