"""Two versions at work on the same broker and databases, one taken away after the other, and back again."""

import random
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import urllib3
from click.testing import CliRunner

from tests.faults.versions import two_versions
from tests.waiting import eventually
from wafa.cli import cli
from wafa.cli.history import Line, purchases, read_history, shifted
from wafa.contracts.times import format_time
from wafa.demo.expected import work_out
from wafa.demo.observed import all_members, customer_ids
from wafa.runtime.client import Client
from wafa.runtime.clock import now
from wafa.runtime.publisher import Publisher
from wafa.runtime.settings import DEFAULT_PROGRAM
from wafa.stack import SERVICES, Stack
from wafa.stack.services import ROOT

HISTORY = ROOT / "examples" / "data" / "cdnow.csv"
UNTIL = date(2026, 6, 30)
CHUNK = 5
#: Those whom purchases reach as events; customers is asked.
LISTENERS = ("interactions", "loyalty", "notifications")
pytestmark = [pytest.mark.timeout(400), pytest.mark.long]


class Shop:
    """Publishes its history a few purchases at a time, each when the ones before are in the ledger."""

    def __init__(self, amqp_uri: str) -> None:
        lines = read_history(HISTORY)
        events = purchases(lines, name="shop", currency="USD", until=UNTIL)
        days = [*zip(shifted(lines, UNTIL), events, strict=True)]
        random.Random(1).shuffle(days)
        self._history = iter(days)
        self._amqp_uri = amqp_uri
        self.sold: list[tuple[Line, datetime]] = []

    @contextmanager
    def open(self) -> Iterator[None]:
        """Sell for as long as the block lasts, and until all of it is in the ledger."""
        closing = threading.Event()
        failures: list[BaseException] = []

        def work() -> None:
            try:
                self._sell(closing)
            except BaseException as error:
                failures.append(error)

        selling = threading.Thread(target=work)
        selling.start()
        try:
            yield
        finally:
            closing.set()
            selling.join()
        assert not failures, failures

    def sells(self, number: int) -> None:
        """Return when it has sold so many more."""
        before = len(self.sold)
        eventually(lambda: len(self.sold) >= before + number)

    def _sell(self, closing: threading.Event) -> None:
        publisher = Publisher(self._amqp_uri, name="test shop")
        with Client(self._amqp_uri) as services:
            while not closing.is_set():
                chunk = [next(self._history) for _ in range(CHUNK)]
                publisher.publish([event for _, event in chunk])
                self.sold += [line for line, _ in chunk]
                eventually(lambda: services.call("loyalty", "summary")["purchases"] == len(self.sold))
        publisher.close()


def wafa(stack: Stack, prefix: str, *command: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AMQP_URI", stack.amqp_uri)
        patch.setenv("MONGODB_URI", stack.mongodb_uri)
        patch.setenv("WAFA_DATABASE_PREFIX", prefix)
        result = CliRunner().invoke(cli, command)
    assert result.exit_code == 0, result.output


def by_the_file(sold: Sequence[tuple[Line, datetime]]) -> dict[str, Any]:
    expected = work_out(sorted(sold, key=lambda one: one[1]), DEFAULT_PROGRAM, now().date())
    return {"purchases": dict(expected.purchases), "repeat": expected.repeat, "points": expected.points}


def observed(services: Client, sold: Sequence[tuple[Line, datetime]]) -> dict[str, Any]:
    customers = list({line.customer for line, _ in sold})
    ids = customer_ids(services, customers, "shop", format_time(now()))
    names = {id: customer for customer, id in ids.items()}
    members = [*all_members(services)]
    return {
        "purchases": {names[one["customer_id"]]: one["purchase_count"] for one in members},
        "repeat": {names[one["customer_id"]] for one in members if one["repeat"]},
        "points": sum(one["points"] for one in members),
    }


def took_in(stack: Stack, service: str) -> bool:
    """Tell whether a service has taken in events."""
    told = urllib3.PoolManager().request("GET", f"{stack.http_urls(service)[0]}/metrics").data.decode()
    return bool(re.search(r"^wafa_events_total\{.*} [1-9]", told, re.MULTILINE))


def test_up_and_back_with_both_at_work_nothing_is_lost_and_nothing_counts_twice(
    infrastructure: Stack, vhost_uri: str, prefix: str, tmp_path: Path
) -> None:
    def version(name: str, source: Path) -> Stack:
        return Stack(
            tmp_path / name,
            services=SERVICES,
            amqp_uri=vhost_uri,
            mongodb_uri=infrastructure.mongodb_uri,
            environment={"WAFA_DATABASE_PREFIX": prefix},
            source=source,
        )

    older, newer = two_versions(tmp_path / "other")
    with version("old", older) as old, Client(vhost_uri) as services:
        shop = Shop(vhost_uri)
        with shop.open():
            shop.sells(50)
            with version("new", newer) as new:
                eventually(lambda: all(took_in(new, service) for service in LISTENERS))
                for service in SERVICES:
                    old.end(service)
                shop.sells(50)
                for service in SERVICES:
                    old.revive(service)
            shop.sells(50)

        assert observed(services, shop.sold) == by_the_file(shop.sold)
        assert services.call("interactions", "rejected")["open"] == {}
        wafa(old, prefix, "rebuild", "loyalty", "--verify")
        # What only the newer version knew of a customer is dropped.
        wafa(old, prefix, "rebuild", "audience")
        wafa(old, prefix, "rebuild", "audience", "--verify")
