"""Who did what can be read afterwards; and what holds while nothing can be written down."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import Isolated, unique_name
from tests.faults.proxy import Proxy
from tests.integration.gateway.conftest import Front, opened
from tests.waiting import eventually
from wafa.runtime.client import Client
from wafa.services import GATEWAY, WEB
from wafa.stack.ports import hosts_of


def rows(front: Front, query: str) -> list[dict[str, Any]]:
    answer = front.get(f"/v1/audit?{query}")
    assert answer.status == 200, answer.data
    found: list[dict[str, Any]] = answer.json()["rows"]
    return found


def prefix(front: Front) -> str:
    return front.token.split("_")[1]


def test_whatever_changes_something_leaves_what_was_asked_and_what_came_of_it(front: Front) -> None:
    acting = front.holding("admin")
    request = unique_name()
    answer = acting.post("/v1/campaigns/layla@example.com/launch", **{"X-Request-Id": request})
    assert answer.status == 404, answer.data
    answered, asked = eventually(lambda: pair(front, f"key={prefix(acting)}"))
    assert (asked["kind"], answered["kind"]) == ("asked", "answered")
    assert answered["asked"] == asked["id"]
    assert answered["status"] == 404
    assert asked["door"] == answered["door"] == "campaigns.launch"
    assert asked["arguments"] == {"campaign_id": "(withheld)"}
    assert asked["request_id"] == answered["request_id"] == request
    assert asked["address"] == "127.0.0.1"
    assert asked["name"].startswith("test ")


def pair(front: Front, query: str) -> list[dict[str, Any]]:
    found = rows(front, query)
    return found if len(found) == 2 else []


def test_reading_and_publishing_are_counted_and_nothing_of_what_was_asked_is_kept(front: Front) -> None:
    reading = front.holding("customers:read", "events:write")
    for _ in range(3):
        reading.get("/v1/customers/lookup?email=layla@example.com")
    for _ in range(2):
        reading.post("/v1/events", {"data": {"customer": {"email": "layla@example.com"}}})
    found = eventually(lambda: counted(front, reading, 5))
    assert {row["kind"] for row in found} == {"counted"}
    assert {row["door"] for row in found} == {"customers.lookup", "events.publish"}
    assert all(row["minute"].endswith(":00Z") for row in found)
    assert "layla" not in repr(found)


def counted(front: Front, reading: Front, number: int) -> list[dict[str, Any]]:
    found = rows(front, f"key={prefix(reading)}")
    return found if sum(sum(row["counts"].values()) for row in found) == number else []


def test_pages_hold_every_row_once_the_latest_first(front: Front) -> None:
    acting = front.holding("admin")
    for _ in range(7):
        acting.post("/v1/campaigns/nobody/launch")
    eventually(lambda: len(rows(front, f"key={prefix(acting)}")) == 14)
    seen: list[str] = []
    before = ""
    while True:
        page = front.get(f"/v1/audit?key={prefix(acting)}&limit=4{before}").json()
        seen += [row["id"] for row in page["rows"]]
        if page["next"] is None:
            break
        before = f"&before={page['next']}"
    assert len(seen) == 14
    assert seen == sorted(set(seen), reverse=True)


def test_rows_from_a_moment_on(front: Front) -> None:
    acting = front.holding("admin")
    acting.post("/v1/campaigns/nobody/launch")
    [_, first] = eventually(lambda: pair(front, f"key={prefix(acting)}"))
    assert rows(front, f"key={prefix(acting)}&since={first['at']}")
    assert not rows(front, f"key={prefix(acting)}&since=2999-01-01T00:00:00Z")


@pytest.mark.parametrize(
    "query", ["key=$ne", "door=$where", "before=x", "before=%7B%7D", "limit=0", "limit=501", "since=soon"]
)
def test_nobodys_text_becomes_an_operator(front: Front, query: str) -> None:
    assert front.get(f"/v1/audit?{query}").status == 422


@pytest.fixture
def cut_off(isolated: Isolated, mongodb_uri: str) -> Iterator[tuple[Front, Proxy]]:
    """A front door whose database can be taken away."""
    [(_, port)] = hosts_of(mongodb_uri, 27017)
    with Proxy(port) as wire:
        through = f"mongodb://127.0.0.1:{wire.port}/"
        with opened(isolated(GATEWAY, WEB, mongodb_uri=through, WAFA_HTTP_WORKERS="2")) as front:
            yield front, wire


@pytest.mark.long
def test_while_the_database_is_away_nothing_is_changed_and_a_revoked_key_counts_for_less_than_a_minute(
    cut_off: tuple[Front, Proxy],
) -> None:
    front, wire = cut_off
    revoked = front.holding("admin")
    assert revoked.get("/v1/key").status == front.get("/v1/key").status == 200
    with Client(front.stack.amqp_uri) as services:
        services.call(GATEWAY, "key_revoke", prefix(revoked))
    began = time.monotonic()
    # A black hole: connections stay, and nothing answers.
    wire.stall()
    changing = front.post("/v1/campaigns/nobody/launch")
    assert changing.status == 503
    assert "something that Wafa needs is away" in changing.json()["error"]["message"]
    assert changing.headers["Retry-After"]
    eventually(lambda: revoked.get("/v1/key").status != 200, within=70)
    took = time.monotonic() - began
    print(f"refused {took:.1f} s after it was revoked, with the database away")
    assert took < 60
    wire.resume()
    eventually(lambda: front.get("/v1/key").status == 200)
    assert revoked.get("/v1/key").status == 401
    assert not [row for row in rows(front, "door=campaigns.launch") if row["kind"] == "answered"]
