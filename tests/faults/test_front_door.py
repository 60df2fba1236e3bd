"""The broker dies while events are posted: what was accepted is in Wafa, and all else got an error."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest
import urllib3
from pymongo import MongoClient
from pymongo.collection import Collection

from tests.conftest import unique_name
from tests.faults.wired import BROKER, Wired, wired
from tests.integration.gateway.conftest import Front
from tests.integration.gateway.screen import Screen
from tests.shop import known_as, purchase
from tests.waiting import eventually
from wafa.contracts.envelope import Event, event_key
from wafa.runtime.client import Client

NEEDED = ("customers", "interactions", "gateway", "web")
IN_ARRAY = 20
#: Seconds between the requests of one client: enough of them, and not more than can be recorded soon.
PACE = 0.02


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wired]:
    with wired(tmp_path_factory.mktemp("system"), services=NEEDED) as system:
        yield system


@pytest.fixture
def recorded(system: Wired) -> Iterator[Collection]:
    with MongoClient(system.mongodb_uri) as client:
        yield client["wafa_interactions"]["interactions"]


class Tills:
    """Post events from several threads, one by one and in arrays, until `stop`; keep what was answered."""

    def __init__(self, url: str, token: str) -> None:
        self.statuses: Counter[int] = Counter()
        self.accepted: set[str] = set()
        self.rejected: set[str] = set()
        self.stop = threading.Event()
        self._url, self._token = url, token
        self._http = urllib3.PoolManager(maxsize=10, retries=False)

    def post_singly(self) -> None:
        self._post(sold)

    def post_arrays(self) -> None:
        def array(shop: str, number: int) -> list[Event]:
            good = [sold(shop, number * IN_ARRAY + place) for place in range(IN_ARRAY)]
            return [*good, sold(shop, -number) | {"specversion": "0.3"}]

        self._post(array)

    def _post(self, body_of: Callable[[str, int], Any]) -> None:
        shop = unique_name()
        for number in count(1):
            if self.stop.wait(PACE):
                return
            headers = {"Authorization": f"Bearer {self._token}"}
            answer = self._http.request(
                "POST", f"{self._url}/v1/events", json=body_of(shop, number), headers=headers
            )
            self.statuses[answer.status] += 1
            if answer.status == 202:
                for one in answer.json()["results"]:
                    known = self.accepted if one["status"] == "accepted" else self.rejected
                    known.add(event_key(one))
            else:
                assert int(answer.headers["Retry-After"]) > 0


def sold(shop: str, number: int) -> Event:
    return purchase(shop, f"{number}", known_as(shop, number % 20))


def test_what_was_accepted_while_the_broker_died_is_recorded_and_all_else_got_an_error(
    system: Wired, recorded: Collection
) -> None:
    with Client(system.amqp_uri) as services:
        key = services.call("gateway", "key_create", "tills", ["events:write"], per_minute=1_000_000)
    [url] = system.system.http_urls("web")
    tills = Tills(url, key["token"])

    with ThreadPoolExecutor(4) as clients:
        posting = [clients.submit(one) for one in (tills.post_singly, tills.post_arrays) * 2]
        try:
            eventually(lambda: len(tills.accepted) > 500)
            system.kill(BROKER)
            eventually(lambda: tills.statuses[503] > 20)
            system.revive(BROKER)
            before = len(tills.accepted)
            eventually(lambda: len(tills.accepted) > before + 500)
        finally:
            tills.stop.set()
    for one in posting:
        one.result()

    assert set(tills.statuses) == {202, 503}, tills.statuses
    eventually(lambda: not missing(tills.accepted, recorded), within=60)
    assert tills.rejected
    assert missing(tills.rejected, recorded) == tills.rejected


def test_a_screen_outlasts_a_broker_that_dies_and_knows_that_it_may_have_missed_something(
    system: Wired,
) -> None:
    with Client(system.amqp_uri) as services:
        key = services.call("gateway", "key_create", "screen", ["admin"])
    front = Front(system.system, key["token"])

    with Screen(front, "customer.created.v1") as screen:
        heard = screen.events()
        system.kill(BROKER)
        with Screen(front, "event.rejected.v1", once=True) as late:
            assert late.answer.status == 503, "nobody pretends to listen"
        system.revive(BROKER)

        assert next(one["event"] for one in heard if one["event"] != "customer.created.v1") == "gap"
        shop = unique_name()
        eventually(lambda: front.post("/v1/events", sold(shop, 1)).status == 202)
        newcomer = {"system": shop, "id": "1"}
        assert any(newcomer in one["data"]["data"]["external_ids"] for one in heard)


def missing(keys: set[str], recorded: Collection) -> set[str]:
    wanted = {"_id": {"$in": [*keys]}}
    return keys - {one["_id"] for one in recorded.find(wanted, {"_id": 1}, batch_size=len(keys) + 1)}
