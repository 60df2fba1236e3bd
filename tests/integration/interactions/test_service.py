"""Interactions and customers in their own processes: merged, then forgotten, through a real broker."""

from collections.abc import Iterator
from typing import Any

import pytest
from pymongo import MongoClient

from tests.conftest import Isolated
from tests.integration.interactions.parts import forget, purchase, repointed
from tests.waiting import eventually
from wafa.contracts.envelope import EXCHANGE, STRUCTURED, encode
from wafa.runtime.client import Client
from wafa.runtime.publisher import Message, Publisher
from wafa.runtime.topology import REFUSED
from wafa.stack import Stack


@pytest.fixture(scope="module")
def stack(isolated: Isolated, prefix: str) -> Iterator[Stack]:
    with isolated("customers", "interactions", WAFA_DATABASE_PREFIX=prefix) as stack:
        yield stack


@pytest.fixture(scope="module")
def publisher(stack: Stack) -> Iterator[Publisher]:
    publisher = Publisher(stack.amqp_uri, name="test")
    yield publisher
    publisher.close()


@pytest.fixture(scope="module")
def services(stack: Stack) -> Iterator[Client]:
    with Client(stack.amqp_uri) as client:
        yield client


def test_merged_and_forgotten(
    publisher: Publisher, services: Client, mongo_client: MongoClient[dict[str, Any]], prefix: str
) -> None:
    publisher.publish([purchase("p1", who="mona"), purchase("p2", who="m.ali"), purchase("p3", who="omar")])
    garbage = b'{"from": "MONA@example.com", '
    publisher.send([Message(EXCHANGE, "purchase.completed.v1", garbage, STRUCTURED)])
    publisher.publish(
        [purchase("p4", who="mona", currency="XXX"), purchase("p5", who="omar", currency="XXX")]
    )
    eventually(lambda: sum(one["records"] for one in services.call("interactions", "totals")) == 3)
    eventually(lambda: len(services.call("interactions", "rejected")["rejected"]) == 3)
    mona, ali = (
        services.call("customers", "lookup", email=f"{one}@example.com")["customer_id"]
        for one in ("mona", "m.ali")
    )

    publisher.publish([repointed("merged", ali, mona, 2)])

    def seen(customer_id: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = services.call("interactions", "timeline", customer_id)["interactions"]
        return found

    eventually(lambda: len(seen(ali)) == len(seen(mona)) == 2)

    database = mongo_client[f"{prefix}interactions"]

    def left() -> str:
        return repr(
            [one for name in database.list_collection_names() for one in database[name].find()]
        ).lower()

    assert "mona@" in left()
    traces = {"emails": ["mona@example.com", "m.ali@example.com"]}
    message = Message(REFUSED, "", encode(forget(mona, ali, **traces)), STRUCTURED)
    publisher.send([message, message])

    eventually(lambda: "mona@" not in left() and all(one.get("redacted") for one in seen(mona)))
    assert "omar@example.com" in left()
    assert [
        one["event_id"] for one in services.call("interactions", "rejected")["rejected"] if "event_id" in one
    ] == ["p5"]
    publisher.publish([purchase("p6", who="omar")])
    eventually(lambda: sum(one["records"] for one in services.call("interactions", "totals")) == 4)
