"""What the broker in containers has before any service starts is what the services expect."""

import json
from pathlib import Path

import pytest

from wafa.runtime.topology import EXCHANGES, QUEUES, QueueSpec, definitions

DEPLOYED = Path(__file__).parents[3] / "deploy" / "rabbitmq" / "topology.json"

every_queue = pytest.mark.parametrize("queue", QUEUES.values(), ids=lambda queue: queue.name)


def test_the_brokers_definitions_are_current() -> None:
    assert json.loads(DEPLOYED.read_text()) == json.loads(json.dumps(definitions())), "run `make docs`"


@every_queue
def test_a_full_queue_refuses_and_drops_nothing(queue: QueueSpec) -> None:
    assert queue.arguments["x-overflow"] == "reject-publish"
    assert queue.arguments["x-max-length"] > 0
    assert queue.arguments["x-max-length-bytes"] > 0


@every_queue
def test_a_dead_letter_is_kept_until_it_has_arrived(queue: QueueSpec) -> None:
    """A delivery limit or an expiry without a place to go to would drop the event."""
    arguments = queue.arguments
    gives_up = {"x-delivery-limit", "x-message-ttl"} & arguments.keys()
    if gives_up:
        assert arguments["x-dead-letter-exchange"] in EXCHANGES
        assert arguments["x-dead-letter-strategy"] == "at-least-once"


@every_queue
def test_a_queue_is_bound_to_exchanges_that_there_are(queue: QueueSpec) -> None:
    assert queue.bindings
    assert {exchange for exchange, _ in queue.bindings} <= EXCHANGES.keys()
