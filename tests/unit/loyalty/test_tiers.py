"""Tiers: reached the moment the spend is enough, held for a while after it no longer is."""

import pytest

from services.loyalty.domain.tiers import Cause

from .story import at, bought, midnight, program, returned, seen

HELD_A_WHILE = program(("member", 0, "1", 0), ("silver", 100_00, "1", 90), ("gold", 250_00, "1", 10))
NOT_HELD = program(("member", 0, "1", 0), ("silver", 100_00, "1", 0))


def test_a_customer_starts_in_the_first_tier() -> None:
    view = seen("2024-01-05", bought("2024-01-05", "1"))
    assert (view.tier, view.tier_since, view.tier_cause) == ("member", at("2024-01-05"), None)
    assert view.tier_held_until is None


def test_a_tier_is_reached_exactly_at_its_threshold() -> None:
    assert seen("2024-01-05", bought("2024-01-05", "99.99")).tier == "member"
    assert seen("2024-01-05", bought("2024-01-05", "100.00")).tier == "silver"


def test_a_tier_is_reached_the_moment_of_the_purchase_that_completes_the_spend() -> None:
    facts = bought("2024-01-05T10:00", "60"), bought("2024-01-09T18:30", "40"), bought("2024-01-20", "1")
    view = seen("2024-01-20", *facts)
    assert (view.tier, view.tier_since, view.tier_cause) == ("silver", at("2024-01-09T18:30"), Cause.PURCHASE)


def test_a_purchase_may_lift_over_several_tiers() -> None:
    assert seen("2024-01-05", bought("2024-01-05", "250")).tier == "gold"


@pytest.mark.parametrize(
    ("first", "last", "tier"),
    [
        # The first purchase is on the first of the 365 days that end with the second one, or a day before it.
        ("2023-01-01", "2023-12-31", "silver"),
        ("2023-01-01", "2024-01-01", "member"),
        # The same across 29 February: it is days that count, not the date.
        ("2024-01-01", "2024-12-30", "silver"),
        ("2024-01-01", "2024-12-31", "member"),
    ],
)
def test_qualifying_spend_counts_365_days(first: str, last: str, tier: str) -> None:
    view = seen(last, bought(first, "60"), bought(last, "40"))
    assert view.tier == tier
    assert view.qualifying_spend == (100_00 if tier == "silver" else 40_00)


def test_a_day_is_a_utc_day_from_its_first_millisecond_to_its_last() -> None:
    early = bought("2023-01-01T23:59:59.999", "60")
    assert seen("2023-12-31T23:59:59.999", early, bought("2023-12-31T23:59:59.999", "40")).tier == "silver"
    assert seen("2024-01-01T00:00", early, bought("2024-01-01T00:00", "40")).tier == "member"


def test_a_tier_is_held_to_its_last_hold_day_and_not_a_day_longer() -> None:
    purchase = bought("2023-01-01", "100")
    # Qualified up to 31 December, the 365th day; then 90 days, of a leap year.
    assert seen("2023-06-01", purchase, by=HELD_A_WHILE).tier_held_until == midnight("2024-03-31")
    assert seen("2024-03-30T23:59:59.999", purchase, by=HELD_A_WHILE).tier == "silver"
    fallen = seen("2024-03-31T00:00", purchase, by=HELD_A_WHILE)
    assert (fallen.tier, fallen.tier_since) == ("member", midnight("2024-03-31"))
    assert fallen.tier_cause == Cause.HOLD_ENDED


def test_a_tier_without_hold_days_goes_with_the_spend() -> None:
    purchase = bought("2023-01-01", "100")
    assert seen("2023-12-31", purchase, by=NOT_HELD).tier == "silver"
    assert seen("2024-01-01T00:00", purchase, by=NOT_HELD).tier == "member"


def test_when_the_hold_ends_the_member_moves_to_the_tier_that_the_spend_supports() -> None:
    # Gold on 150 + 120 until the 150 leave the window, then 10 days; the 120 are enough for silver.
    facts = bought("2023-01-01", "150"), bought("2023-03-01", "120")
    assert seen("2024-01-10", *facts, by=HELD_A_WHILE).tier == "gold"
    assert seen("2024-01-11T00:00", *facts, by=HELD_A_WHILE).tier == "silver"


def test_where_the_spend_supports_nothing_any_more_the_member_falls_all_the_way() -> None:
    assert seen("2024-01-10", bought("2023-01-01", "250"), by=HELD_A_WHILE).tier == "gold"
    assert seen("2024-01-11", bought("2023-01-01", "250"), by=HELD_A_WHILE).tier == "member"


def test_what_is_bought_while_a_tier_is_held_qualifies_it_anew() -> None:
    facts = bought("2023-01-01", "100"), bought("2024-02-01", "100")
    assert seen("2024-06-01", *facts, by=HELD_A_WHILE).tier == "silver"
    # 1 February 2024 counts to 30 January 2025; 90 days later is 30 April.
    assert seen("2024-06-01", *facts, by=HELD_A_WHILE).tier_held_until == midnight("2025-05-01")
    assert seen("2024-06-01", *facts, by=HELD_A_WHILE).tier_since == at("2023-01-01")


def test_buying_less_than_the_tier_asks_for_does_not_prolong_the_hold() -> None:
    facts = bought("2023-01-01", "100"), bought("2024-02-01", "99")
    assert seen("2024-03-30", *facts, by=HELD_A_WHILE).tier == "silver"
    assert seen("2024-03-31", *facts, by=HELD_A_WHILE).tier == "member"


def test_a_return_undoes_the_tier_that_its_purchase_brought() -> None:
    purchase = bought("2024-01-05", "100")
    view = seen("2024-01-09", purchase, returned("2024-01-08T09:00", purchase, "0.01"))
    assert (view.tier, view.tier_since, view.tier_cause) == ("member", at("2024-01-08T09:00"), Cause.RETURN)


def test_a_return_that_leaves_enough_changes_nothing() -> None:
    purchase = bought("2024-01-05", "120")
    view = seen("2024-01-09", purchase, returned("2024-01-08", purchase, "20"))
    assert (view.tier, view.tier_since) == ("silver", at("2024-01-05"))


def test_buying_and_returning_leaves_a_hold_as_it_was() -> None:
    earlier = bought("2023-01-01", "100")
    held_until = midnight("2024-03-31")
    assert seen("2024-02-20", earlier, by=HELD_A_WHILE).tier_held_until == held_until
    dear = bought("2024-02-01", "300")
    view = seen("2024-02-20", earlier, dear, returned("2024-02-10", dear, "300"), by=HELD_A_WHILE)
    assert (view.tier, view.tier_held_until) == ("silver", held_until)


def test_a_return_counts_on_the_day_of_its_purchase_not_on_its_own() -> None:
    # In June 2024 the purchase of January 2023 has left the window, and its return left with it.
    old, new = bought("2023-01-01", "50"), bought("2023-08-01", "100")
    view = seen("2024-06-01", old, new, returned("2023-12-01", old, "50"))
    assert (view.tier, view.qualifying_spend) == ("silver", 100_00)


def test_a_return_shortens_the_hold_that_its_purchase_had_prolonged() -> None:
    first, second = bought("2023-01-01", "100"), bought("2023-07-01", "100")
    back = returned("2024-02-01", second, "100")
    assert seen("2024-02-02", first, second, by=HELD_A_WHILE).tier_held_until == midnight("2024-09-28")
    assert seen("2024-02-02", first, second, back, by=HELD_A_WHILE).tier_held_until == midnight("2024-03-31")


def test_a_return_after_the_hold_would_have_ended_ends_the_tier_at_once() -> None:
    first, second = bought("2023-01-01", "100"), bought("2023-07-01", "100")
    view = seen("2024-06-02", first, second, returned("2024-06-01", second, "1"), by=HELD_A_WHILE)
    assert (view.tier, view.tier_since) == ("member", at("2024-06-01"))


def test_the_next_tier_says_what_is_missing_to_it() -> None:
    view = seen("2024-01-05", bought("2024-01-05", "60.50"))
    assert view.next_tier
    assert (view.next_tier.tier, view.next_tier.missing) == ("silver", 39_50)


def test_above_the_highest_tier_there_is_nothing_next() -> None:
    assert seen("2024-01-05", bought("2024-01-05", "999")).next_tier is None


def test_while_a_tier_is_held_without_the_spend_all_of_it_is_missing_to_the_next() -> None:
    view = seen("2024-02-01", bought("2023-01-01", "100"), by=HELD_A_WHILE)
    assert view.next_tier
    assert (view.tier, view.next_tier.tier, view.next_tier.missing) == ("silver", "gold", 250_00)
