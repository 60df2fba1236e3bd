"""A backup while events flow, a disaster, a restore: what follows from the file is there, to the cent."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from pymongo import MongoClient

from tests.conftest import Isolated
from tests.waiting import eventually
from wafa.cli import cli
from wafa.cli.history import Line, purchases, read_history, shifted
from wafa.contracts.envelope import Event, make_event
from wafa.contracts.times import format_time
from wafa.demo.expected import work_out
from wafa.demo.observed import all_members, customer_ids
from wafa.runtime.client import Client
from wafa.runtime.clock import now
from wafa.runtime.publisher import Publisher
from wafa.runtime.settings import DEFAULT_PROGRAM
from wafa.services import WORKERS
from wafa.stack import Stack

HISTORY = Path(__file__).parents[2] / "examples" / "data" / "cdnow.csv"
UNTIL = date(2026, 6, 30)
CHUNK = 10

Wafa = Callable[..., Result]
pytestmark = [pytest.mark.timeout(400), pytest.mark.long]


@pytest.fixture(scope="module")
def system(isolated: Isolated, prefix: str) -> Iterator[Stack]:
    with isolated(*WORKERS, WAFA_DATABASE_PREFIX=prefix) as stack:
        yield stack


@pytest.fixture(scope="module")
def wafa(system: Stack, prefix: str) -> Wafa:
    def run(*arguments: str, exit_code: int = 0) -> Result:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AMQP_URI", system.amqp_uri)
            patch.setenv("MONGODB_URI", system.mongodb_uri)
            patch.setenv("WAFA_DATABASE_PREFIX", prefix)
            result = CliRunner().invoke(cli, arguments)
        assert result.exit_code == exit_code, result.output
        return result

    return run


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    """Every fortieth customer of the file, with all purchases."""
    return [line for line in read_history(HISTORY) if int(line.customer) % 40 == 0]


@pytest.fixture(scope="module")
def events(lines: list[Line]) -> list[Event]:
    return list(purchases(lines, name="shop", currency="USD", until=UNTIL))


def send(publisher: Publisher, events: list[Event]) -> None:
    for start in range(0, len(events), CHUNK):
        publisher.publish(events[start : start + CHUNK])


def purchase(id: str, email: str) -> Event:
    data = {
        "customer": {"email": email},
        "purchase_id": id,
        "total": {"amount": "10.00", "currency": "USD"},
    }
    return make_event("purchase.completed.v1", source="/shop", id=id, time=now(), data=data)


def in_ledger(services: Client) -> int:
    return int(services.call("loyalty", "summary")["purchases"])


def records(services: Client) -> int:
    return sum(one["records"] for one in services.call("interactions", "totals"))


def stop(system: Stack) -> None:
    with ThreadPoolExecutor(len(WORKERS)) as threads:
        list(threads.map(system.end, WORKERS))


def start(system: Stack) -> None:
    with ThreadPoolExecutor(len(WORKERS)) as threads:
        list(threads.map(system.revive, WORKERS))


def wipe(system: Stack, prefix: str) -> None:
    with MongoClient(system.mongodb_uri) as client:
        for name in client.list_database_names():
            if name.startswith(prefix):
                client.drop_database(name)


def observed(services: Client, lines: list[Line]) -> dict[str, Any]:
    customers = list(dict.fromkeys(line.customer for line in lines))
    ids = customer_ids(services, customers, "shop", format_time(now()))
    names = {id: customer for customer, id in ids.items()}
    members = [one for one in all_members(services) if one["customer_id"] in names]
    return {
        "purchases": {names[one["customer_id"]]: one["purchase_count"] for one in members},
        "repeat": {names[one["customer_id"]] for one in members if one["repeat"]},
        "points": sum(one["points"] for one in members),
    }


def by_the_file(lines: list[Line]) -> dict[str, Any]:
    expected = work_out(list(shifted(lines, UNTIL)), DEFAULT_PROGRAM, now().date())
    return {
        "purchases": dict(expected.purchases),
        "repeat": expected.repeat,
        "points": expected.points,
    }


def test_rehearsal(
    system: Stack,
    services: Client,
    publisher: Publisher,
    wafa: Wafa,
    prefix: str,
    lines: list[Line],
    events: list[Event],
    tmp_path: Path,
) -> None:
    """The databases are lost; what is left is the backup, and what publishers send again."""
    before, meanwhile = events[: len(events) // 2], events[len(events) // 2 :]
    others, refused = records(services), services.call("interactions", "rejected")["open"]
    listed = in_ledger(services)
    send(publisher, before)
    eventually(lambda: in_ledger(services) == listed + len(before))

    shop = Publisher(system.amqp_uri, name="test shop, at work")
    working = threading.Thread(target=send, args=(shop, meanwhile))
    working.start()
    made = json.loads(wafa("backup", str(tmp_path / "b"), "--verify", "--patience", "0.5", "--json").stdout)
    working.join()
    shop.close()
    eventually(lambda: in_ledger(services) == listed + len(events))
    held = made["collections"]["interactions.interactions"]
    assert others + len(before) <= held, "all that was acknowledged before it began is in it"
    assert made["collections"]["loyalty.ledger"] <= held, "who listens is read before whom it listens to"

    stop(system)
    wipe(system, prefix)
    assert "restored" in wafa("restore", str(tmp_path / "b"), "--erased", "none").output
    start(system)
    send(publisher, meanwhile)
    eventually(lambda: records(services) == others + len(events))
    assert services.call("notifications", "restored"), "nobody is contacted as long as nobody has reconciled"

    done = json.loads(wafa("reconcile", "--json").stdout)

    assert done["different"] == []
    assert not services.call("notifications", "restored")
    assert observed(services, lines) == by_the_file(lines)
    wafa("rebuild", "loyalty", "--verify")
    wafa("rebuild", "audience", "--verify")
    assert services.call("interactions", "rejected")["open"] == refused
    assert records(services) == others + len(lines)


def test_who_was_erased_since_stays_erased(
    system: Stack, services: Client, publisher: Publisher, wafa: Wafa, prefix: str, tmp_path: Path
) -> None:
    known = purchase("gone-1", "gone@example.com")
    came_after = purchase("after-1", "after@example.com")
    publisher.publish([known])
    gone = eventually(lambda: services.call("customers", "lookup", email="gone@example.com"))["customer_id"]
    eventually(lambda: services.call("loyalty", "member", gone))
    wafa("backup", str(tmp_path / "b"))
    publisher.publish([came_after])
    after = eventually(lambda: services.call("customers", "lookup", email="after@example.com"))["customer_id"]
    eventually(lambda: services.call("loyalty", "member", after))
    wafa("customers", "erase", gone, "--yes")
    wafa("customers", "erase", after, "--yes")

    refused = wafa("restore", str(tmp_path / "b"), "--force", exit_code=1).output
    assert "stop all of them first" in refused
    stop(system)
    assert "--force" in wafa("restore", str(tmp_path / "b"), exit_code=1).output
    wafa("restore", str(tmp_path / "b"), "--force")
    with MongoClient(system.mongodb_uri) as client:
        assert client[f"{prefix}interactions"]["interactions"].find_one({"customer_id": gone})
    start(system)
    publisher.publish([known, came_after])
    wafa("reconcile")

    # What was recorded before is a repetition; what came after the backup is known by its hash alone.
    eventually(lambda: services.call("interactions", "rejected")["open"].get("customer_erased"))
    with MongoClient(system.mongodb_uri) as client:
        stored = [
            repr([*client[name][one].find()])
            for name in client.list_database_names()
            if name.startswith(prefix)
            for one in client[name].list_collection_names()
        ]
    assert [text for text in stored if "gone@example.com" in text or "after@example.com" in text] == []
    [entry] = services.call("customers", "changes", customer_id=gone)["changes"]
    assert (entry["kind"], entry["waiting_for"]) == ("erase", [])
