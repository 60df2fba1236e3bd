"""How long a message has been on its way, whoever published it and whatever the clocks say."""

import time

import pytest

from wafa.runtime.age import PUBLISHED_AT, age, stamp, waiting_since


def test_what_we_publish_waits_from_then_on() -> None:
    before = time.time()
    assert waiting_since(stamp()) == pytest.approx(before, abs=1)
    assert waiting_since({PUBLISHED_AT: 1_000}) == 1


def test_our_header_does_not_show_among_those_of_the_publisher() -> None:
    headers = {"till": "7", **stamp()}
    waiting_since(headers)
    assert headers == {"till": "7"}


@pytest.mark.parametrize("written", [None, "1000", 1.5, -1, True, [1000], {}])
def test_what_others_publish_waits_from_when_it_is_fetched(written: object) -> None:
    headers = {} if written is None else {PUBLISHED_AT: written}
    assert age(waiting_since(headers)) < 1


def test_a_wait_that_was_meant_does_not_count() -> None:
    """An event that came back from a delay queue is two minutes old because we wanted that."""
    assert age(waiting_since({PUBLISHED_AT: 1_000, "x-death": [{"queue": "wafa.retry-120s"}]})) < 1


def test_a_clock_that_is_ahead_makes_nothing_younger_than_now() -> None:
    ahead = int((time.time() + 3600) * 1000)
    assert waiting_since({PUBLISHED_AT: ahead}) <= time.time()
    assert age(time.time() + 3600) == 0
