import pytest

from services.loyalty.domain.outlook.trail import RECENT, trail_of


def test_two_purchases_on_one_day_are_one_day():
    trail = trail_of([10, 10, 12], 5_00)
    assert (trail.first, trail.last, trail.days, trail.recent, trail.spend) == (10, 12, 2, (10, 12), 5_00)


def test_of_a_long_history_only_the_latest_days_are_kept_but_all_are_counted():
    trail = trail_of(range(100), 0)
    assert (trail.first, trail.days) == (0, 100)
    assert trail.recent == tuple(range(100 - RECENT, 100))


def test_who_never_bought_leaves_no_trail():
    with pytest.raises(ValueError, match="never bought"):
        trail_of([], 0)


@pytest.mark.parametrize("days", [[2, 1], [1, 2, 1, 0]])
def test_days_that_do_not_ascend_are_refused(days):
    with pytest.raises(ValueError, match="ascend"):
        trail_of(days, 0)
