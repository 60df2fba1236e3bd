"""A broker of three nodes: while one of them is down nobody waits for it, and nothing is lost or doubled."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from tests.conftest import unique_name
from tests.faults.cluster import ADDRESSES, Cluster, clustered
from tests.waiting import eventually
from wafa.cli.history import PURCHASE
from wafa.contracts.envelope import Event, make_event
from wafa.runtime.client import Client
from wafa.runtime.errors import PublishFailed, RemoteUnavailable
from wafa.runtime.publisher import Publisher
from wafa.stack import SERVICES, Stack

EVENTS = 200
BOUGHT_AT = datetime(2026, 1, 5, tzinfo=UTC)
NODES = range(1, len(ADDRESSES) + 1)


@dataclass(frozen=True, slots=True)
class Running:
    """The services, and the broker that they are on."""

    broker: Cluster
    services: Stack


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, mongodb_uri: str) -> Iterator[Running]:
    with (
        clustered(tmp_path_factory.mktemp("cluster")) as (broker, amqp_uri),
        Stack(
            tmp_path_factory.mktemp("services"),
            services=SERVICES,
            amqp_uri=amqp_uri,
            mongodb_uri=mongodb_uri,
            environment={"WAFA_DATABASE_PREFIX": f"{unique_name()}_"},
        ) as services,
    ):
        yield Running(broker, services)


@pytest.mark.long
def test_each_node_in_turn_may_be_killed_while_events_are_published(running: Running) -> None:
    """As an upgrade of the broker does it. What one node alone had would stand still meanwhile."""
    shop = unique_name()
    assert set(running.broker.members().values()) == {len(NODES)}, "a queue is not on every node"
    with closing(Publisher(running.services.amqp_uri, name="test shop")) as publisher:
        publisher.publish([*purchases(shop, 0)])
        for turn in NODES:
            running.broker.kill(turn)
            eventually(lambda turn=turn: published(publisher, shop, turn), every=0.2)
            expected = EVENTS * (turn + 1)
            eventually(lambda expected=expected: bought(running.services) >= expected, every=0.5)
            running.broker.revive(turn)
            eventually(lambda: set(running.broker.members().values()) == {len(NODES)}, every=0.5)
        publisher.publish([*purchases(shop, 0)])

    running.services.check()
    eventually(lambda: bought(running.services) == EVENTS * (len(NODES) + 1))
    assert bought(running.services) == EVENTS * (len(NODES) + 1)


def published(publisher: Publisher, shop: str, turn: int) -> bool:
    """Publish as any system should: again, until the broker has it."""
    try:
        publisher.publish([*purchases(shop, turn)])
    except PublishFailed:
        return False
    return True


def bought(stack: Stack) -> int:
    """Ask as anybody should: again, while a service whose node is gone connects to another."""
    try:
        with Client(stack.amqp_uri, timeout=15) as services:
            return int(services.call("loyalty", "summary")["purchases"])
    except RemoteUnavailable:
        return 0


def purchases(shop: str, turn: int) -> Iterator[Event]:
    """Yield what customers buy in one turn; the same turn again is the same events."""
    for number in range(turn * EVENTS, (turn + 1) * EVENTS):
        customer = {"external_ids": [{"system": shop, "id": f"{number % 50}"}]}
        total = {"amount": "10.00", "currency": "USD"}
        data = {"customer": customer, "purchase_id": f"{number}", "total": total}
        yield make_event(PURCHASE, source=f"/{shop}", id=f"{number}", time=BOUGHT_AT, data=data)
