"""Screens hear of what happens when it happens, and of what they may have missed."""

import time
from contextlib import ExitStack
from http.client import HTTPResponse
from typing import Any

import pytest

from services.gateway.resources.stream import TICK
from tests.conftest import unique_name
from tests.integration.gateway.conftest import Front
from tests.integration.gateway.screen import Screen
from tests.waiting import eventually
from wafa.contracts.examples import example
from wafa.stack import Stack

RECOGNIZED, CREATED = "customer.recognized.v1", "customer.created.v1"


def buy(front: Front, customer: str, day: str) -> None:
    """A purchase, on a day of January."""
    id = unique_name()
    purchase = example("purchase.completed.v1") | {"id": id, "time": f"2026-01-{day}T10:00:00Z"}
    purchase["data"] |= {"purchase_id": id, "customer": {"email": f"{customer}@example.com"}}
    answer = front.post("/v1/events", purchase)
    assert answer.status == 202, answer.data


def come(front: Front) -> str:
    """Somebody new; return by which name they are known."""
    customer = unique_name()
    buy(front, customer, "05")
    return customer


def named(front: Front, customer: str) -> Any:
    return front.get(f"/v1/customers/lookup?email={customer}@example.com").json().get("customer_id")


def test_a_till_learns_within_a_second_that_a_regular_stands_before_it(front: Front) -> None:
    """The best of some tries: other tests run beside this one."""
    took = []
    with Screen(front, RECOGNIZED) as till:
        heard = till.events()
        while not took or min(took) >= 1:
            assert len(took) < 10, took
            customer = come(front)
            id = eventually(lambda name=customer: named(front, name))
            began = time.monotonic()
            buy(front, customer, "06")
            event = next(one for one in heard if one["data"]["data"]["customer_id"] == id)
            took.append(time.monotonic() - began)
    print(f"recognised at the till after {min(took) * 1000:.0f} ms")
    assert event["event"] == event["data"]["type"] == RECOGNIZED
    assert event["id"] == event["data"]["id"]


def test_who_comes_back_hears_what_came_meanwhile(front: Front) -> None:
    with Screen(front, CREATED) as screen:
        come(front)
        first = next(screen.events())
    newcomers = [come(front) for _ in range(2)]
    missed = [eventually(lambda name=one: named(front, name)) for one in newcomers]

    with Screen(front, CREATED, last=first["id"]) as again:
        heard = again.events()
        about = set()
        while not set(missed) <= about:
            event = next(heard)
            assert event["event"] == CREATED
            about.add(event["data"]["data"]["customer_id"])


def test_who_has_been_away_for_too_long_is_told_so(front: Front) -> None:
    with Screen(front, CREATED, last="long ago") as screen:
        assert next(screen.events())["event"] == "gap"


def test_after_an_interruption_of_the_broker_the_screen_is_told_and_hears_again(
    front: Front, infrastructure: Stack
) -> None:
    vhost = front.stack.amqp_uri.rpartition("/")[2]
    with Screen(front, CREATED) as screen:
        infrastructure.rabbitmqctl("close_all_connections", "--vhost", vhost, "a test")

        heard = screen.events()
        assert next(heard)["event"] == "gap"
        buyer = unique_name()
        eventually(lambda: _bought(front, buyer))
        assert next(heard)["event"] == CREATED


def _bought(front: Front, customer: str) -> bool:
    try:
        buy(front, customer, "05")
    except AssertionError:
        return False
    return True


def test_screens_leave_room_for_requests(front: Front) -> None:
    """Half of the threads of the one process; `WAFA_HTTP_THREADS` is 32 if nothing else is said."""
    with ExitStack() as screens:
        answers = _answers(front, screens)
        refused = [one for one in answers if one.status != 200]
        assert refused
        assert refused[-1].status == 503
        assert refused[-1].headers["Retry-After"]
        assert front.get("/v1/customers/nobody").status == 404

    # Within a second or so each thread finds that nobody is there, and is free again. Who looks more often
    # takes the room itself that it looks for.
    eventually(lambda: _room(front) >= len(answers) - len(refused), every=2 * TICK)


def _answers(front: Front, screens: ExitStack) -> list[HTTPResponse]:
    return [screens.enter_context(Screen(front, RECOGNIZED, once=True)).answer for _ in range(17)]


def _room(front: Front) -> int:
    """Return for how many screens there is room."""
    with ExitStack() as screens:
        return sum(one.status == 200 for one in _answers(front, screens))


def test_who_only_asks_whether_there_is_a_stream_takes_no_room(front: Front) -> None:
    path = f"/v1/stream?types={RECOGNIZED}"
    eventually(lambda: front.ask("HEAD", path).status == 200)
    for _ in range(17):
        assert front.ask("HEAD", path).status == 200


def test_nobody_hears_of_what_they_may_not_read(front: Front) -> None:
    """As with webhooks: `stream:read` alone opens no customer's data."""
    answer = front.holding("stream:read", "members:read").get(
        "/v1/stream?types=loyalty.*,customer.updated.v1"
    )

    assert answer.status == 403
    assert "lacks customers:read" in answer.json()["error"]["message"]


@pytest.mark.parametrize("query", ["", "?types=", "?types=nonsense.v1", "?types=purchase.completed.v1"])
def test_only_what_wafa_publishes_can_be_heard(front: Front, query: str) -> None:
    answer = front.get(f"/v1/stream{query}")

    assert answer.status == 422, answer.data
    assert answer.json()["error"]["details"][0]["path"] == "types"


def test_a_screen_is_sent_away_when_the_front_door_stops(front: Front) -> None:
    with Screen(front, RECOGNIZED) as screen:
        began = time.monotonic()
        front.stack.end("web")
        try:
            assert [one["event"] for one in screen.events()] == ["end"]
            assert time.monotonic() - began < 15, "not after the grace, but at once"
        finally:
            front.stack.revive("web")
