"""The worker that delivers webhooks is killed in the middle: nothing is lost, hardly anything comes twice."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from pymongo import MongoClient

from services.gateway.domain.key import Key
from services.gateway.domain.subscription import Secret, Subscription
from services.gateway.store import GatewayStore
from services.gateway.webhooks.courier import AT_ONCE
from tests.integration.gateway.subscribers import Subscriber
from tests.integration.notifications.gateways import SECRET
from tests.waiting import eventually
from wafa.contracts.envelope import event_key, make_event
from wafa.runtime.broker import connect
from wafa.runtime.clock import now
from wafa.runtime.publisher import Publisher
from wafa.runtime.topology import declare_all
from wafa.stack.services import ROOT

EVENTS = 400
#: The worker as it is, but for what a dead one held: that is due again sooner.
PROGRAM = """
from wafa.runtime import runner
from datetime import timedelta
from functools import partial
from services.gateway import service
service.Courier = partial(service.Courier, lease=timedelta(seconds=2))
runner.run("gateway")
"""


@contextmanager
def worker(environment: Mapping[str, str], log: Path) -> Iterator[None]:
    """Run a worker; it is killed without warning when the block ends."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", PROGRAM],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield
        assert process.poll() is None, log.read_text()
    finally:
        process.kill()
        process.wait()


class Hesitant(Subscriber):
    """Takes so many events; then none, and answers nobody, until it is told to go on."""

    def __init__(self, patience: int) -> None:
        super().__init__(answer=self._take)
        self._patience = patience
        self._lock = threading.Lock()
        self._goes_on = threading.Event()
        #: The `webhook-id` of each call that was answered.
        self.taken: list[str] = []

    def go_on(self) -> None:
        self._goes_on.set()

    def _take(self, handler: BaseHTTPRequestHandler) -> None:
        with self._lock:
            self._patience -= 1
            hesitates = self._patience < 0 and not self._goes_on.is_set()
        if hesitates:
            self._goes_on.wait()
            handler.close_connection = True
            return
        self.taken.append(handler.headers["webhook-id"])
        handler.send_response(204)
        handler.end_headers()


@pytest.fixture
def receiver() -> Iterator[Hesitant]:
    receiver = Hesitant(EVENTS // 6)
    receiver.open()
    yield receiver
    receiver.go_on()
    receiver.close()


def test_a_worker_killed_in_the_middle_loses_nothing_and_repeats_only_what_was_on_its_way(
    receiver: Hesitant,
    vhost_uri: str,
    mongodb_uri: str,
    mongo_client: MongoClient,
    unique: str,
    tmp_path: Path,
) -> None:
    environment = {
        "AMQP_URI": vhost_uri,
        "MONGODB_URI": mongodb_uri,
        "WAFA_DATABASE_PREFIX": f"{unique}_",
        "WAFA_HTTP_PORT": "0",
        "WAFA_WEBHOOK_PRIVATE": "true",
        "WAFA_BATCH_EVENTS": "100",
    }
    store = GatewayStore(mongo_client[f"{unique}_gateway"])
    kind = "customer.merged.v1"
    store.add_key(Key("test", "test", "", frozenset(), 1, now()))
    store.add_webhook(
        Subscription("a", receiver.url(), (kind,), frozenset({kind}), (Secret(SECRET),), now(), "test")
    )
    with connect(vhost_uri, name="test") as connection:
        declare_all(connection.channel())
    events = [
        make_event(
            kind,
            source="/wafa/customers",
            id=f"e{number}",
            time=now(),
            data={"from": f"a{number}", "into": f"b{number}", "version": 1, "change_id": f"m{number}"},
        )
        for number in range(EVENTS)
    ]
    publisher = Publisher(vhost_uri, name="test")
    publisher.publish(events)
    publisher.close()

    with worker(environment, tmp_path / "log"):
        eventually(lambda: len(receiver.calls) - len(receiver.taken) >= AT_ONCE)
    receiver.go_on()
    with worker(environment, tmp_path / "log"):
        eventually(lambda: len(store.deliveries("a", "delivered", None, EVENTS + 1)) == EVENTS)

    assert {*receiver.taken} == {event_key(event) for event in events}
    assert len(receiver.calls) - EVENTS <= AT_ONCE
    mongo_client.drop_database(f"{unique}_gateway")
