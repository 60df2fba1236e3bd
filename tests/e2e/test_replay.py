"""The same purchases again, and in another order: nothing may depend on either."""

import random
import uuid
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import eventually
from wafa.cli.history import Line, purchases, read_history, shifted
from wafa.contracts.envelope import Event
from wafa.contracts.times import format_time
from wafa.demo.expected import work_out
from wafa.demo.observed import all_members, customer_ids
from wafa.runtime.client import Client
from wafa.runtime.clock import now
from wafa.runtime.publisher import Publisher
from wafa.runtime.settings import DEFAULT_PROGRAM

HISTORY = Path(__file__).parents[2] / "examples" / "data" / "cdnow.csv"
UNTIL = date(2026, 6, 30)
FIGURES = ("tier", "tier_since", "spend", "points", "purchase_count", "first_purchase_at", "last_purchase_at",
           "repeat", "recognized_at", "due_at", "qualifying_spend")  # fmt: skip

Members = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    """Every fifth customer of the file, with all purchases; the demo takes the whole file."""
    return [line for line in read_history(HISTORY) if int(line.customer) % 5 == 0]


@pytest.fixture(scope="module")
def members(lines: list[Line], services: Client, publisher: Publisher) -> Members:
    """What the file makes of each customer."""
    send(events_of(lines, "shop"), publisher, services)
    eventually(lambda: purchases_of("shop", lines, services) == len(lines))
    return members_of("shop", lines, services)


def events_of(lines: list[Line], name: str) -> list[Event]:
    return list(purchases(lines, name=name, currency="USD", until=UNTIL))


def send(events: list[Event], publisher: Publisher, services: Client) -> None:
    """Publish events, then one of somebody new, and wait until that one has gone all the way.

    Nearly all others have then, too: what is tried again because two workers met is applied a moment later.
    """
    for start in range(0, len(events), 1000):
        publisher.publish(events[start : start + 1000])
    marker = Line(1, f"marker-{uuid.uuid4()}", UNTIL, Decimal("1.00"))
    publisher.publish(list(purchases([marker], name=marker.customer, currency="USD", until=None)))
    [id] = customer_ids(services, [marker.customer], marker.customer, format_time(now())).values()
    eventually(lambda: services.call("loyalty", "member", id), within=120)


def purchases_of(name: str, lines: list[Line], services: Client) -> int:
    return sum(one["purchase_count"] for one in members_of(name, lines, services).values())


def members_of(name: str, lines: list[Line], services: Client) -> Members:
    customers = list(dict.fromkeys(line.customer for line in lines))
    names = {
        id: customer for customer, id in customer_ids(services, customers, name, format_time(now())).items()
    }
    found = {names[one["customer_id"]]: one for one in all_members(services) if one["customer_id"] in names}
    return {customer: {figure: one.get(figure) for figure in FIGURES} for customer, one in found.items()}


def test_every_customer_comes_to_what_the_rules_say(members: Members, lines: list[Line]) -> None:
    expected = work_out(list(shifted(lines, UNTIL)), DEFAULT_PROGRAM, now().date())

    assert {customer: one["purchase_count"] for customer, one in members.items()} == dict(expected.purchases)
    assert {customer for customer, one in members.items() if one["repeat"]} == expected.repeat
    assert sum(one["points"] for one in members.values()) == expected.points


def test_replaying_the_file_changes_nothing(
    members: Members, lines: list[Line], services: Client, publisher: Publisher
) -> None:
    stored = services.call("interactions", "totals")

    send(events_of(lines, "shop"), publisher, services)

    assert members_of("shop", lines, services) == members
    [now_stored] = services.call("interactions", "totals")
    assert now_stored["records"] == stored[0]["records"] + 1, "the marker, and nothing else"


def test_a_shuffled_file_gives_the_same_members(
    members: Members, lines: list[Line], services: Client, publisher: Publisher
) -> None:
    events = events_of(lines, "shuffled")
    random.Random(7).shuffle(events)

    send(events, publisher, services)

    eventually(lambda: purchases_of("shuffled", lines, services) == len(lines))
    assert members_of("shuffled", lines, services) == members


def test_the_ledger_folded_anew_is_the_live_state(members: Members, services: Client) -> None:
    after, checked = None, 0
    while True:
        page = services.call("loyalty", "rebuild", after, 500)
        assert page["different"] == []
        checked += page["checked"]
        if (after := page["next"]) is None:
            break
    assert checked >= len(members)
