"""When a service is away: the rest is shown, what is missing is said, and nobody waits for long."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import urllib3

from tests.conftest import Isolated, unique_name
from tests.integration.gateway.conftest import Front, opened
from tests.integration.gateway.people import arrived, bought, card, complained, refusal
from tests.waiting import eventually
from wafa.services import PROCESSES

#: Seconds: what the gateway promises, and what a slow machine may add to it.
PATIENCE, AT_ONCE, RECOVERED = 2 + 3, 1.5, 10 + 10


@pytest.fixture(scope="module")
def alone(isolated: Isolated) -> Iterator[Front]:
    """A whole system of this module's own, whose services it may stop."""
    with opened(isolated(*PROCESSES, WAFA_HTTP_WORKERS="1")) as front:
        yield front


@contextmanager
def without(front: Front, service: str) -> Iterator[None]:
    front.stack.end(service)
    try:
        yield
    finally:
        front.stack.revive(service)


def seconds(ask: Callable[[], object]) -> float:
    began = time.monotonic()
    ask()
    return time.monotonic() - began


def regular(front: Front) -> str:
    """Somebody who comes back and has complained."""
    who = unique_name()
    id = arrived(front, bought(who, days_ago=3), bought(who), complained(who, unique_name()), who=who)
    eventually(lambda: card(front, id)["recognized"] and card(front, id)["open_cases"])
    return id


def test_without_loyalty_the_card_shows_the_rest_and_says_what_is_missing(alone: Front) -> None:
    id = regular(alone)
    path = f"/v1/members/{id}"
    with without(alone, "loyalty"):
        assert seconds(lambda: card(alone, id)) < PATIENCE
        shown = card(alone, id)
        assert (shown["missing"], shown["member"], shown["recognized"]) == (["loyalty"], None, None)
        assert (shown["name"], shown["say"]["code"]) == ("ليلى حسن", "apologise")
        assert shown["last_purchase"]["data"]["total"]["amount"] == "100.00"

        # By then everybody knows, and nobody waits any more.
        eventually(lambda: seconds(lambda: card(alone, id)) < AT_ONCE)
        answer = alone.get(path)
        assert refusal(answer) == (503, "unavailable")
        assert "loyalty" in answer.json()["error"]["message"]
        assert int(answer.headers["Retry-After"]) > 0
        assert refusal(alone.get(f"/v1/customers/{id}/export")) == (503, "unavailable"), "half is not all"
        assert alone.get(f"/v1/customers/{id}").status == 200

    eventually(lambda: alone.get(path).status == 200, within=RECOVERED)
    assert card(alone, id)["missing"] == []


def test_without_customers_the_card_still_shows_what_others_know(alone: Front) -> None:
    id = regular(alone)
    with without(alone, "customers"):
        shown = card(alone, id)
        assert (shown["missing"], shown["name"]) == (["customers"], None)
        assert (shown["customer_id"], shown["recognized"]) == (id, True)
        assert shown["member"]["purchase_count"] == 2
        assert len(shown["open_cases"]) == 1
        timeline = alone.get(f"/v1/customers/{id}/interactions")
        assert len(timeline.json()["interactions"]) == 3
        assert refusal(alone.get(f"/v1/customers/{id}")) == (503, "unavailable")

    eventually(lambda: card(alone, id)["missing"] == [], within=RECOVERED)


def test_the_front_door_is_ready_while_a_service_is_away(alone: Front) -> None:
    with without(alone, "interactions"):
        assert urllib3.request("GET", f"{alone.url}/readyz").status == 200
        eventually(lambda: refusal(alone.get("/v1/cases")) == (503, "unavailable"))

    eventually(lambda: alone.get("/v1/cases").status == 200, within=RECOVERED)
