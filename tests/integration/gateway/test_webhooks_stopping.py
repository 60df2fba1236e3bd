"""A worker that is stopped in good order leaves nothing half done."""

import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler

from pymongo import MongoClient

from services.gateway.domain.key import Key
from services.gateway.domain.subscription import Secret, Subscription
from services.gateway.store import GatewayStore
from services.gateway.webhooks.courier import AT_ONCE
from tests.conftest import Isolated
from tests.integration.gateway.subscribers import Subscriber
from tests.integration.notifications.gateways import SECRET
from tests.waiting import eventually
from wafa.contracts.envelope import make_event
from wafa.runtime.clock import now
from wafa.runtime.publisher import Publisher

MERGED = "customer.merged.v1"
EVENTS = 3 * AT_ONCE


def test_what_is_on_its_way_when_the_worker_is_stopped_arrives_once_and_the_rest_later(
    receiver: Subscriber,
    isolated: Isolated,
    mongo_client: MongoClient,
    unique: str,
) -> None:
    release = threading.Event()

    def wait(handler: BaseHTTPRequestHandler) -> None:
        release.wait(60)
        handler.send_response(204)
        handler.end_headers()

    receiver.answer = wait
    store = GatewayStore(mongo_client[f"{unique}_gateway"])
    secrets = (Secret(SECRET),)
    store.add_key(Key("somebody", "test", "", frozenset(), 1, now()))
    store.add_webhook(
        Subscription("a", receiver.url(), ("*",), frozenset({MERGED}), secrets, now(), "somebody")
    )
    gateway = isolated("gateway", WAFA_DATABASE_PREFIX=f"{unique}_", WAFA_WEBHOOK_PRIVATE="true")
    with gateway as stack, ThreadPoolExecutor(1) as threads:
        publish(stack.amqp_uri)
        eventually(lambda: len(receiver.calls) == AT_ONCE)
        stopped = threads.submit(stack.end, "gateway")
        eventually(lambda: '"stopping"' in (stack.log_folder / "gateway.log").read_text())
        release.set()
        stopped.result()
        assert len(receiver.calls) == AT_ONCE, "nothing more is begun"
        assert len(store.deliveries("a", "delivered", None, 100)) == AT_ONCE
        stack.revive("gateway")
        eventually(lambda: len(store.deliveries("a", "delivered", None, 100)) == EVENTS)
        words = (stack.log_folder / "gateway.log").read_text()
    assert len(receiver.calls) == len({*receiver.ids()}) == EVENTS
    assert "Traceback" not in words
    mongo_client.drop_database(f"{unique}_gateway")


def publish(uri: str) -> None:
    """Publish merges of strangers."""
    publisher = Publisher(uri, name="test")
    people = [{"from": f"a{number}", "into": f"b{number}"} for number in range(EVENTS)]
    publisher.publish(
        [
            make_event(
                MERGED,
                source="/wafa/customers",
                id=person["from"],
                time=now(),
                data={**person, "version": 1, "change_id": person["from"]},
            )
            for person in people
        ]
    )
    publisher.close()
