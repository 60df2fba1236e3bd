"""When a member comes again: as everybody does at first, as they themselves do with time."""

from math import exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.loyalty.domain.outlook.rhythm import Rhythm, RhythmPriors, rhythm, rhythm_of
from services.loyalty.domain.outlook.trail import trail_of

FIVE_WEEKS = RhythmPriors(mean=log(5), weight=2, spread=0.8, steadiness=4)

rhythms = st.builds(Rhythm, st.floats(0, 6), st.floats(0.1, 1.5), st.just(1))


def every(days: int, times: int) -> Rhythm:
    return rhythm_of(trail_of(range(0, days * times + 1, days), 0), FIVE_WEEKS)


def test_who_came_once_is_expected_as_everybody_is() -> None:
    assert every(10, 0).expected_days == pytest.approx(35)


def test_the_longer_the_history_the_more_it_is_the_members_own() -> None:
    expected = [every(10, times).expected_days for times in (1, 2, 5, 20)]
    assert expected == sorted(expected, reverse=True)
    assert expected[0] == pytest.approx(exp((2 * log(35) + log(10)) / 3))
    assert 10 < expected[-1] < 11.5


def test_the_dates_of_who_comes_regularly_lie_closer_together() -> None:
    fitful = rhythm_of(trail_of([0, 5, 40, 50, 100, 104, 160], 0), FIVE_WEEKS)
    steady = every(27, 6)
    apart = [one.after(0.75) / one.after(0.25) for one in (steady, fitful)]
    assert apart[0] < apart[1] / 2


@given(rhythms, st.floats(0.1, 0.95), st.floats(0, 3))
def test_a_window_holds_what_it_says_of_what_can_yet_come_and_is_not_in_the_past(
    one: Rhythm, coverage: float, waited: float
) -> None:
    elapsed = one.expected_days * waited
    early, late = one.window(elapsed, coverage)
    left = 1 - one.passed(elapsed)
    assert early >= elapsed
    if left > 1e-6:
        assert (one.passed(late) - one.passed(early)) / left == pytest.approx(coverage, abs=1e-3)


@given(rhythms, st.floats(0.2, 0.9), st.floats(0.01, 0.99))
def test_no_window_of_the_same_share_is_shorter(one: Rhythm, coverage: float, place: float) -> None:
    early, late = one.window(0, coverage)
    share = (1 - coverage) * place
    assert late - early <= (one.after(share + coverage) - one.after(share)) * (1 + 1e-6)


@given(rhythms, st.floats(0.01, 0.99))
def test_the_days_after_which_a_share_is_over_are_those_after_which_it_is(one: Rhythm, share: float) -> None:
    assert one.passed(one.after(share)) == pytest.approx(share)


def test_who_was_to_come_long_ago_is_not_expected_in_the_past() -> None:
    one = every(7, 20)
    assert [one.window(day)[0] for day in range(40, 80)] == list(range(40, 80))
    assert one.window(1e9) == pytest.approx((1e9, 1e9))


def test_intervals_that_are_alike_teach_how_steady_a_member_is() -> None:
    assert rhythm([log(14)] * 12, FIVE_WEEKS).spread < rhythm([log(14)] * 2, FIVE_WEEKS).spread / 1.3
