"""What is in hand for one subscription: a receiver in trouble is left alone, and then tried gently."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.gateway.domain.delivery import Attempt
from services.gateway.webhooks.lane import Lane

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
OK, AWAY = Attempt(status=200), Attempt(trouble="no_connection")
MOST, BATCH = 4, 16


@pytest.fixture
def lane() -> Lane:
    lane = Lane(MOST)
    webhook: Any = object()
    lane.webhook = webhook
    return lane


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_no_more_than_so_many_go_their_way_at_once(lane: Lane) -> None:
    assert lane.put([f"d{n}" for n in range(BATCH)], "mine") == MOST
    assert lane.room(BATCH, NOON) == 0
    assert lane.put(["one more"], "mine") == 0


def test_who_has_nothing_left_makes_room(lane: Lane) -> None:
    assert lane.put(["d1"], "mine") == 1
    assert lane.take(NOON) == ("d1", "mine", lane.webhook)
    assert not lane.idle
    assert lane.take(NOON) is None
    assert lane.idle


def test_a_receiver_that_is_away_gets_nothing_and_what_was_for_it_is_given_back(lane: Lane) -> None:
    lane.put([f"d{n}" for n in range(BATCH)], "mine")
    lane.learn(AWAY, NOON)
    assert lane.take(after(1)) is None
    assert len(lane.give_back(after(1))) == BATCH
    assert lane.room(BATCH, after(1)) == 0


def test_after_its_rest_a_receiver_is_tried_with_one_until_it_takes_one(lane: Lane) -> None:
    lane.learn(AWAY, NOON)
    assert lane.room(BATCH, after(5)) == 1
    lane.put(["d1"], "mine")
    assert lane.room(BATCH, after(5)) == 0
    lane.learn(OK, after(5))
    assert lane.room(BATCH, after(5)) == BATCH - 1


def test_what_fails_side_by_side_is_one_failure(lane: Lane) -> None:
    for _ in range(MOST):
        lane.learn(AWAY, NOON)
    assert lane.room(BATCH, after(5)) == 1


def test_a_subscription_that_was_paused_gives_everything_back(lane: Lane) -> None:
    lane.put(["d1", "d2"], "mine")
    lane.webhook = None
    assert lane.take(NOON) is None
    assert lane.give_back(NOON) == [("d1", "mine"), ("d2", "mine")]
