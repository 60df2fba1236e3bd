"""Lift: what is said of a campaign's effect is what the published methods say of it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.domain.lift import Group, Verdict, lift, per_head, wilson

groups = st.integers(1, 5000).flatmap(
    lambda people: st.integers(0, people).map(lambda converted: Group(people, converted))
)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_a_share_has_the_interval_of_newcombes_table(successes, trials, low, high):
    """Newcombe 1998, Statistics in Medicine 17:857-872, Table I, method 3."""
    interval = wilson(successes, trials)
    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        ((70, 56), (80, 48), 0.0524, 0.3339),
        ((10, 9), (10, 3), 0.1705, 0.8090),
        ((7, 6), (7, 2), 0.0582, 0.8062),
        ((56, 5), (29, 0), -0.0381, 0.1926),
        ((10, 0), (20, 0), -0.1611, 0.2775),
        ((10, 0), (10, 0), -0.2775, 0.2775),
        ((10, 10), (20, 0), 0.6791, 1),
        ((10, 10), (10, 0), 0.6075, 1),
    ],
)
def test_a_difference_has_the_interval_of_newcombes_table(one, other, low, high):
    """Newcombe 1998, Statistics in Medicine 17:873-890, Table II, examples (a) to (h), method 10."""
    found = lift(Group(*one), Group(*other))
    assert (round(found.interval.low, 4), round(found.interval.high, 4)) == (low, high)


def test_a_campaign_that_worked_is_told_with_what_it_brought():
    found = lift(Group(people=9000, converted=900), Group(people=1000, converted=50))
    assert found.verdict is Verdict.MORE
    assert found.difference == pytest.approx(0.05)
    assert found.relative == pytest.approx(1.0)
    assert found.extra == pytest.approx(450)


def test_a_campaign_that_did_harm_is_told_as_such():
    assert lift(Group(9000, 450), Group(1000, 100)).verdict is Verdict.FEWER


def test_an_interval_on_both_sides_of_zero_is_no_success():
    assert lift(Group(900, 95), Group(100, 9)).verdict is Verdict.UNCLEAR


def test_two_buyers_of_three_against_none_of_two_say_nothing():
    """However large the difference looks."""
    assert lift(Group(3, 2), Group(2, 0)).verdict is Verdict.TOO_FEW


def test_many_people_of_whom_hardly_any_bought_say_nothing():
    assert lift(Group(9000, 12), Group(1000, 0)).verdict is Verdict.TOO_FEW


def test_where_none_of_the_held_out_bought_there_is_no_relative_lift():
    assert lift(Group(100, 50), Group(100, 0)).relative is None


def test_without_anybody_held_out_there_is_nothing_to_compare_with():
    assert lift(Group(100, 10), Group(0, 0)) is None
    assert lift(Group(0, 0), Group(100, 10)) is None
    assert Group(0, 0).rate is None


def test_more_buyers_than_people_are_an_error():
    with pytest.raises(ValueError, match="converted must be between 0 and 3 people, not 4"):
        Group(3, 4)


def test_revenue_per_head_is_exact():
    assert per_head(100, 8) == Decimal("12.5")
    assert per_head(0, 0) is None


@given(groups)
def test_a_share_lies_within_its_interval_and_that_within_the_possible(group):
    assert 0 <= group.interval.low <= group.rate <= group.interval.high <= 1


@given(groups, groups)
def test_a_difference_lies_within_its_interval_and_that_within_the_possible(one, other):
    found = lift(one, other)
    assert -1 <= found.interval.low <= found.difference <= found.interval.high <= 1


@given(groups, groups)
def test_turned_round_the_difference_is_the_opposite(one, other):
    there, back = lift(one, other), lift(other, one)
    assert there.interval.low == pytest.approx(-back.interval.high)
    assert there.interval.high == pytest.approx(-back.interval.low)


@given(groups, groups)
def test_four_times_as_many_people_narrow_the_interval(one, other):
    small = lift(one, other).interval
    large = lift(
        Group(4 * one.people, 4 * one.converted), Group(4 * other.people, 4 * other.converted)
    ).interval
    assert large.high - large.low < small.high - small.low


@given(groups, groups)
def test_two_groups_that_did_the_same_are_never_told_apart(one, other):
    same = Group(other.people, round(other.people * one.rate))
    if same.rate == one.rate:
        assert lift(one, same).verdict in (Verdict.TOO_FEW, Verdict.UNCLEAR)
