"""Who is a repeat customer since when, and when they are to be expected again."""

from datetime import timedelta
from math import log, sqrt

from services.loyalty.domain.outlook.rhythm import RhythmPriors

from .story import at, bought, program, redeemed, returned, seen


def test_two_purchases_on_one_utc_day_make_no_repeat_customer() -> None:
    view = seen("2024-01-06", bought("2024-01-05T00:00", "10"), bought("2024-01-05T23:59:59.999", "10"))
    assert (view.repeat, view.recognized_at, view.purchase_count) == (False, None, 2)


def test_the_purchase_on_a_second_day_makes_a_repeat_customer_from_its_own_time_on() -> None:
    facts = bought("2024-01-05", "10"), bought("2024-01-06T00:00", "10"), bought("2024-03-01", "10")
    view = seen("2024-03-02", *facts)
    assert (view.repeat, view.recognized_at) == (True, at("2024-01-06T00:00"))


def test_the_program_says_how_many_days_it_takes() -> None:
    thrice = program(("member", 0, "1", 0), recognition_days=3)
    facts = [bought(f"2024-01-0{day}", "10") for day in (5, 6, 7)]
    assert seen("2024-01-08", *facts[:2], by=thrice).recognized_at is None
    assert seen("2024-01-08", *facts, by=thrice).recognized_at == at("2024-01-07")


def test_returning_everything_does_not_undo_recognition_nor_the_purchases() -> None:
    first, second = bought("2024-01-05", "10"), bought("2024-01-06", "10")
    back = returned("2024-01-07", first, "10"), returned("2024-01-07", second, "10")
    view = seen("2024-01-08", first, second, *back)
    assert (view.repeat, view.recognized_at, view.purchase_count) == (True, at("2024-01-06"), 2)
    assert view.spend == 0


def test_a_late_purchase_can_move_recognition_to_an_earlier_time() -> None:
    facts = bought("2024-01-05", "10"), bought("2024-03-01", "10")
    assert seen("2024-03-02", *facts).recognized_at == at("2024-03-01")
    assert seen("2024-03-02", *facts, bought("2024-02-01", "10")).recognized_at == at("2024-02-01")


def test_a_member_knows_the_times_of_the_first_and_the_last_purchase() -> None:
    facts = bought("2024-02-01", "10"), bought("2024-01-05", "10"), redeemed("2024-03-01", 5)
    view = seen("2024-03-02", *facts)
    assert (view.first_purchase_at, view.last_purchase_at) == (at("2024-01-05"), at("2024-02-01"))


def test_the_next_purchase_is_due_after_the_customers_own_interval() -> None:
    # Days 1, 11 and 41: 10 and 30 days, however often the customer came on one of them.
    facts = [
        bought(when, "10") for when in ("2024-01-01", "2024-01-11", "2024-01-11T18:00", "2024-02-10T09:30")
    ]
    view = seen("2024-02-11", *facts)
    assert view.mean_interval == timedelta(days=20)
    assert view.due_at == at("2024-02-10T09:30") + timedelta(milliseconds=round(sqrt(10 * 30) * 86_400_000))


def test_where_history_is_short_the_others_have_a_say_in_what_is_due() -> None:
    monthly = program(rhythm=RhythmPriors(mean=log(40 / 7), weight=1, spread=1, steadiness=4))
    assert seen("2024-01-12", bought("2024-01-01", "10"), bought("2024-01-11", "10"), by=monthly).due_at == (
        at("2024-01-31")
    )


def test_a_return_of_a_whole_purchase_moves_what_is_due_back_to_the_one_before() -> None:
    first, second, third = [bought(f"2024-01-{day:02}", "10") for day in (1, 11, 20)]
    facts = first, second, third, returned("2024-01-21", third, "10")
    view = seen("2024-01-21", *facts)
    # At which hour of the 11th is not remembered.
    assert (view.due_at, view.last_purchase_at) == (at("2024-01-21T00:00"), at("2024-01-20"))
    assert (
        seen("2024-01-21", first, second, third, returned("2024-01-21", third, "9.99")).due_at != view.due_at
    )
    gone = seen("2024-01-21", *facts, returned("2024-01-21", second, "10"))
    assert (gone.due_at, gone.standing) == (None, None)


def test_a_mean_interval_is_cut_to_the_millisecond() -> None:
    days = ("2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05", "2024-01-06", "2024-01-07")
    view = seen("2024-02-01", *[bought(day, "10") for day in days], bought("2024-01-09", "10"))
    assert view.mean_interval == timedelta(days=1, hours=3, minutes=25, seconds=42, milliseconds=857)


def test_who_bought_on_one_day_only_is_not_due() -> None:
    view = seen("2024-01-06", bought("2024-01-05T09:00", "10"), bought("2024-01-05T18:00", "10"))
    assert (view.mean_interval, view.due_at) == (None, None)
