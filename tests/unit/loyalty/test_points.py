"""Points: lots with their own expiry, spent soonest-expiring first."""

import pytest

from services.loyalty.domain.facts import Fact
from services.loyalty.domain.program import Program
from services.loyalty.domain.view import Expiring

from .story import bought, midnight, program, redeemed, returned, seen

PLAIN = program(("member", 0, "1", 0), expiry_months=12)


def points(when: str, *facts: Fact, by: Program = PLAIN) -> int:
    return seen(when, *facts, by=by).points


def test_points_are_amount_times_rate_rounded_down_for_each_purchase() -> None:
    assert points("2024-01-05", bought("2024-01-05", "29.99"), bought("2024-01-05", "29.99")) == 58


def test_rates_are_exact_decimals() -> None:
    # In binary floating point, 0.29 x 100 is 28.999999999999996.
    by = program(("member", 0, "1", 0), earn_rate="100")
    assert points("2024-01-05", bought("2024-01-05", "0.29"), by=by) == 29


def test_rate_and_multiplier_are_multiplied_before_anything_is_rounded() -> None:
    by = program(("member", 0, "1.25", 0), earn_rate="0.1")
    assert points("2024-01-05", bought("2024-01-05", "8.00"), by=by) == 1


def test_the_purchase_that_lifts_a_member_still_earns_at_the_old_rate() -> None:
    by = program(("member", 0, "1", 0), ("silver", 100_00, "2", 0))
    lifting, next_one = bought("2024-01-05T10:00", "100"), bought("2024-01-05T10:01", "10")
    assert points("2024-01-06", lifting, by=by) == 100
    assert points("2024-01-06", lifting, next_one, by=by) == 120


def test_a_purchase_after_the_hold_ended_earns_at_the_rate_of_the_lower_tier() -> None:
    by = program(("member", 0, "1", 0), ("silver", 100_00, "2", 0), expiry_months=120)
    lifting = bought("2023-01-01", "100")
    assert points("2024-06-01", lifting, bought("2023-12-31", "10"), by=by) == 120
    assert points("2024-06-01", lifting, bought("2024-01-01", "10"), by=by) == 110


@pytest.mark.parametrize(
    ("months", "bought_on", "usable", "gone"),
    [
        (12, "2023-03-15", "2024-03-14", "2024-03-15"),
        (1, "2024-01-31", "2024-02-28", "2024-02-29"),
        (1, "2023-01-31", "2023-02-27", "2023-02-28"),
        (12, "2024-02-29", "2025-02-27", "2025-02-28"),
        (48, "2024-02-29", "2028-02-28", "2028-02-29"),
        (18, "2023-08-31", "2025-02-27", "2025-02-28"),
        (2, "2023-11-30", "2024-01-29", "2024-01-30"),
    ],
)
def test_points_expire_after_calendar_months(months: int, bought_on: str, usable: str, gone: str) -> None:
    by = program(("member", 0, "1", 0), expiry_months=months)
    purchase = bought(bought_on, "10")
    view = seen(f"{usable}T23:59:59.999", purchase, by=by)
    assert (view.points, view.points_expiring) == (10, Expiring(10, midnight(gone)))
    view = seen(f"{gone}T00:00", purchase, by=by)
    assert (view.points, view.points_expiring) == (0, None)


def test_lots_expire_each_on_its_own_day() -> None:
    facts = bought("2023-01-10", "10"), bought("2023-02-10", "20"), bought("2023-02-10", "30")
    assert [points(day, *facts) for day in ("2024-01-09", "2024-01-10", "2024-02-10")] == [60, 50, 0]
    assert seen("2024-01-10", *facts, by=PLAIN).points_expiring == Expiring(50, midnight("2024-02-10"))


def test_points_are_spent_soonest_expiring_first() -> None:
    facts = bought("2023-01-10", "10"), bought("2023-06-10", "20"), redeemed("2023-07-01", 15)
    assert seen("2023-07-01", *facts, by=PLAIN).points_expiring == Expiring(15, midnight("2024-06-10"))
    assert points("2024-01-10", *facts) == 15


def test_expired_points_cannot_be_spent_any_more() -> None:
    facts = bought("2023-01-10", "10"), redeemed("2024-01-10", 10)
    assert points("2024-01-10", *facts) == -10


def test_a_redemption_beyond_the_balance_is_a_fact_and_leaves_a_debt() -> None:
    facts = bought("2024-01-10", "10"), redeemed("2024-01-11", 25)
    assert points("2024-01-12", *facts) == -15


def test_a_debt_is_paid_by_the_next_points_earned() -> None:
    facts = bought("2023-01-10", "10"), redeemed("2023-01-11", 25), bought("2023-03-01", "20")
    assert points("2023-03-02", *facts) == 5
    assert seen("2023-03-02", *facts, by=PLAIN).points_expiring == Expiring(5, midnight("2024-03-01"))


def test_a_debt_does_not_expire() -> None:
    assert points("2030-01-01", bought("2023-01-10", "10"), redeemed("2023-01-11", 25)) == -15


def test_a_return_takes_back_what_its_purchase_earned() -> None:
    purchase = bought("2024-01-10", "29.99")
    assert points("2024-01-12", purchase, returned("2024-01-11", purchase, "29.99")) == 0


def test_a_return_of_a_part_leaves_what_the_rest_would_have_earned() -> None:
    purchase = bought("2024-01-10", "29.99")
    assert points("2024-01-12", purchase, returned("2024-01-11", purchase, "0.99")) == 29
    assert points("2024-01-12", purchase, returned("2024-01-11", purchase, "1.00")) == 28


def test_returning_in_parts_takes_back_exactly_what_was_earned() -> None:
    purchase = bought("2024-01-10", "10.00")
    parts = [returned(f"2024-01-{day}", purchase, "3.33") for day in (11, 12, 13)]
    assert [points("2024-02-01", purchase, *parts[:some]) for some in range(4)] == [10, 6, 3, 0]
    assert points("2024-02-01", purchase, *parts, returned("2024-01-14", purchase, "0.01")) == 0


def test_a_return_takes_back_at_the_rate_that_its_purchase_had() -> None:
    by = program(("member", 0, "1", 0), ("silver", 100_00, "2", 0))
    first, at_double = bought("2024-01-10", "100"), bought("2024-01-11", "10")
    assert points("2024-01-13", first, at_double, returned("2024-01-12", at_double, "5"), by=by) == 110


def test_a_return_does_not_change_what_was_earned_while_the_tier_was_held() -> None:
    by = program(("member", 0, "1", 0), ("silver", 100_00, "2", 0))
    first, at_double = bought("2024-01-10", "100"), bought("2024-01-11", "10")
    view = seen("2024-01-13", first, at_double, returned("2024-01-12", first, "100"), by=by)
    assert (view.tier, view.points) == ("member", 20)


def test_returns_never_exceed_their_purchase() -> None:
    purchase, other = bought("2024-01-10", "10"), bought("2024-01-10", "50")
    back = returned("2024-01-11", purchase, "8"), returned("2024-01-12", purchase, "8")
    view = seen("2024-01-13", purchase, other, *back, by=PLAIN)
    assert (view.points, view.spend, view.qualifying_spend) == (50, 50_00, 50_00)


def test_returning_what_is_spent_already_takes_from_other_lots_and_then_below_zero() -> None:
    first, second = bought("2024-01-10", "50"), bought("2024-02-10", "30")
    spent = redeemed("2024-02-11", 60)
    back = returned("2024-02-12", first, "50")
    view = seen("2024-02-13", first, second, spent, back, by=PLAIN)
    assert (view.points, view.points_expiring) == (-30, None)


def test_points_that_expired_are_not_taken_back_as_well() -> None:
    by = program(("member", 0, "1", 0), expiry_months=1)
    purchase, other = bought("2024-01-10", "50"), bought("2024-02-20", "30")
    spent = redeemed("2024-01-20", 20)
    back = returned("2024-02-21", purchase, "50")
    # 20 were spent and are taken back; 30 expired on 10 February.
    assert points("2024-02-22", purchase, spent, other, back, by=by) == 30 - 20


def test_a_return_that_comes_before_its_purchase_waits_for_it() -> None:
    early = returned("2024-01-10", "till|7", "40")
    assert seen("2024-01-11", early).spend == 0
    view = seen("2024-01-13", early, bought("2024-01-12", "100", purchase="till|7"))
    assert (view.points, view.spend, view.qualifying_spend, view.tier) == (60, 60_00, 60_00, "member")


def test_returns_that_wait_do_not_exceed_their_purchase_together() -> None:
    early = returned("2024-01-10", "till|7", "80"), returned("2024-01-11", "till|7", "80")
    assert points("2024-01-13", *early, bought("2024-01-12", "100", purchase="till|7")) == 0


def test_a_return_waits_for_365_days() -> None:
    early = returned("2023-01-01", "till|7", "40")
    assert points("2024-01-01", early, bought("2023-12-31", "100", purchase="till|7")) == 60
    assert points("2024-01-01", early, bought("2024-01-01", "100", purchase="till|7")) == 100


def test_a_purchase_told_again_under_another_event_counts_once_and_the_first_telling_stands() -> None:
    facts = bought("2024-01-10", "10", purchase="till|7"), bought("2024-01-11", "99", purchase="till|7")
    view = seen("2024-01-12", *facts, by=PLAIN)
    assert (view.points, view.spend, view.purchase_count, view.repeat) == (10, 10_00, 1, False)


def test_a_till_may_use_a_number_again_after_a_year() -> None:
    facts = bought("2023-01-10", "10", purchase="till|7"), bought("2024-01-10", "99", purchase="till|7")
    view = seen("2024-01-12", *facts, returned("2024-01-11", "till|7", "98"), by=PLAIN)
    assert (view.spend, view.purchase_count) == (11_00, 2)
