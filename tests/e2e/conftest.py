"""The whole system, and the means to speak to it as outsiders do."""

from collections.abc import Iterator

import pytest

from wafa.runtime.client import Client
from wafa.runtime.publisher import Publisher
from wafa.stack import Stack


@pytest.fixture(scope="module")
def services(system: Stack) -> Iterator[Client]:
    with Client(system.amqp_uri) as client:
        yield client


@pytest.fixture(scope="module")
def publisher(system: Stack) -> Iterator[Publisher]:
    publisher = Publisher(system.amqp_uri, name="test shop")
    yield publisher
    publisher.close()
