"""The front door and its worker do all their work with no more rights than their users have in containers."""

from collections.abc import Iterator

import pytest
import urllib3

from tests.conftest import unique_name
from tests.integration.deploy.conftest import Address
from tests.integration.gateway.conftest import Front
from tests.waiting import eventually
from wafa.contracts.examples import example
from wafa.runtime.client import Client
from wafa.runtime.publisher import Publisher
from wafa.services import GATEWAY, WEB
from wafa.stack import Stack


@pytest.fixture(scope="module")
def front(
    infrastructure: Stack, address: Address, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Front]:
    """Each of the two processes with its own user; nobody behind them."""

    def running(name: str) -> Stack:
        return Stack(
            tmp_path_factory.mktemp(name),
            services=[name],
            amqp_uri=address(name),
            mongodb_uri=infrastructure.mongodb_uri,
            environment={"WAFA_DATABASE_PREFIX": prefix, "WAFA_HTTP_WORKERS": "1"},
        )

    prefix = f"{unique_name()}_"
    with running(GATEWAY) as gateway, running(WEB) as web:
        with Client(gateway.amqp_uri) as services:
            made = services.call(GATEWAY, "key_create", "test", ["admin"])
        yield Front(web, made["token"])


def test_events_are_published(front: Front) -> None:
    event = example("purchase.completed.v1") | {"id": unique_name()}
    answer = front.post("/v1/events", event)
    assert answer.status == 202, answer.data


def test_a_service_that_does_not_run_is_found_missing(front: Front) -> None:
    """The request has gone out, and the broker has said that nobody takes it."""
    answer = front.get("/v1/customers/nobody")
    assert answer.status == 503
    assert "customers" in answer.json()["error"]["message"]


def test_the_worker_answers_what_the_front_door_asks(front: Front) -> None:
    assert front.get("/v1/webhooks").status == 200


def test_what_a_service_says_is_heard(front: Front, address: Address) -> None:
    stream = urllib3.PoolManager().request(
        "GET",
        f"{front.url}/v1/stream?types=customer.recognized.v1",
        headers={"Authorization": f"Bearer {front.token}"},
        preload_content=False,
        timeout=120,
    )
    assert stream.status == 200, stream.data
    event = example("customer.recognized.v1") | {"id": unique_name()}
    publisher = Publisher(address("loyalty"), name="test")
    try:
        publisher.publish([event])
    finally:
        publisher.close()
    heard = b""
    chunks = stream.stream(1)

    def arrived() -> bool:
        nonlocal heard
        heard += next(chunks)
        return event["id"].encode() in heard

    eventually(arrived)
    stream.close()
