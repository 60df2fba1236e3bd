"""A rate: whoever asks and however often, no more goes out than it allows."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.domain.rates import SECOND, Limit, grant, microseconds, moment

LIMITS = st.floats(0.001, 5000).map(Limit.of)
ASKED = st.lists(st.tuples(st.integers(0, 10 * SECOND), st.integers(0, 200)), min_size=1, max_size=30)


def given_away(limit: Limit, asked: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Who asks when and for how many -> when how many were given away."""
    full_at, now, given = None, 0, []
    for later, wanted in asked:
        now += later
        granted = grant(limit, full_at, wanted, now)
        full_at = granted.full_at
        given.append((now, granted.messages))
    return given


@given(LIMITS, ASKED)
def test_in_no_span_of_time_goes_more_out_than_the_rate_and_the_burst(limit, asked):
    given = given_away(limit, asked)
    for first, (begin, _) in enumerate(given):
        total = 0
        for end, messages in given[first:]:
            total += messages
            assert total <= limit.burst + (end - begin) // limit.interval


@given(LIMITS, ASKED)
def test_clocks_that_differ_never_give_away_more(limit, asked):
    full_at = None
    total, latest = 0, 0
    for now, wanted in asked:  # in any order, as workers with different clocks ask
        granted = grant(limit, full_at, wanted, now)
        full_at = granted.full_at
        total += granted.messages
        latest = max(latest, now)
    earliest = min(now for now, _ in asked)
    assert total <= limit.burst + (latest - earliest) // limit.interval


@given(LIMITS, st.integers(0, 10**16) | st.none(), st.integers(0, 500), st.integers(0, 10**16))
def test_what_is_not_granted_is_granted_at_the_moment_that_was_named(limit, full_at, wanted, now):
    granted = grant(limit, full_at, wanted, now)
    assert 0 <= granted.messages <= wanted
    assert granted.next_at >= now
    assert grant(limit, granted.full_at, 1, granted.next_at).messages == 1
    if granted.messages < wanted and granted.next_at > now:
        assert grant(limit, granted.full_at, 1, granted.next_at - 1).messages == 0


def test_after_a_rest_a_second_full_may_go_at_once_and_then_one_by_one():
    limit = Limit.of(50)
    now = 10**15
    assert grant(limit, None, 80, now).messages == 50
    full_at = grant(limit, None, 80, now).full_at
    assert [grant(limit, full_at, 80, now + ms * 1000).messages for ms in (0, 19, 20, 40, 1000, 9000)] == [
        0,
        0,
        1,
        2,
        50,
        50,
    ]


@pytest.mark.parametrize("rate", [0, -1, 2_000_000, float("nan")])
def test_what_is_no_rate_is_an_error(rate):
    with pytest.raises(ValueError, match="rate"):
        Limit.of(rate)


def test_a_moment_is_never_named_too_early():
    now = datetime(2026, 3, 4, 12, 0, 0, 1001, tzinfo=UTC)
    assert moment(microseconds(now)) == datetime(2026, 3, 4, 12, 0, 0, 2000, tzinfo=UTC)
