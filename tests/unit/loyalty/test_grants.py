"""Points given for another reason than a purchase: points like any other, and nothing but points."""

from services.loyalty.domain.fold import fold, rebuild
from services.loyalty.domain.statement import Kind, statement
from services.loyalty.domain.view import Expiring

from .story import PROGRAM, at, bought, given, midnight, program, redeemed, returned, seen


def test_a_grant_makes_nobody_a_buyer() -> None:
    view = seen("2024-01-10", given("2024-01-05", 250), given("2024-01-08", 50))
    assert (view.points, view.spend, view.qualifying_spend, view.purchase_count) == (300, 0, 0, 0)
    assert (view.first_purchase_at, view.last_purchase_at, view.due_at) == (None, None, None)
    assert (view.tier, view.repeat) == ("member", False)


def test_a_grant_does_not_move_the_day_of_the_last_purchase_or_of_the_next() -> None:
    facts = bought("2024-01-01", "60"), bought("2024-01-11", "60")
    without, granted = seen("2024-01-20", *facts), seen("2024-01-20", *facts, given("2024-01-15", 1_000_000))
    for figure in ("tier", "spend", "last_purchase_at", "due_at", "recognized_at", "purchase_count"):
        assert getattr(granted, figure) == getattr(without, figure), figure
    assert granted.points - without.points == 1_000_000


def test_granted_points_expire_on_their_own_day_and_are_spent_in_their_turn() -> None:
    facts = bought("2023-01-10", "10"), given("2023-06-10", 20), bought("2023-09-10", "30")
    spent = redeemed("2023-10-01", 15)
    assert seen("2023-10-01", *facts, spent).points_expiring == Expiring(15, midnight("2024-06-10"))
    assert seen("2024-06-10", *facts, spent).points == 30


def test_a_grant_pays_a_debt_first() -> None:
    assert seen("2024-01-12", redeemed("2024-01-10", 25), given("2024-01-11", 40)).points == 15


def test_the_same_grant_told_under_another_event_counts_once_and_the_first_stands() -> None:
    first, again = given("2024-01-05", 100, grant="g7"), given("2024-01-06", 999, grant="g7")
    assert seen("2024-01-07", again, first).points == 100
    assert fold(PROGRAM, rebuild(PROGRAM, [first]), [again]) == rebuild(PROGRAM, [again, first])


def test_it_is_known_again_even_when_its_points_are_spent() -> None:
    first, spent = given("2024-01-05", 100, grant="g7"), redeemed("2024-01-06", 100)
    assert seen("2024-12-01", first, spent, given("2024-11-01", 100, grant="g7")).points == 0


def test_no_return_takes_a_grant_back_whatever_it_calls_its_purchase() -> None:
    grant = given("2024-01-05", 100)
    view = seen("2024-01-09", bought("2024-01-06", "10"), grant, returned("2024-01-08", grant.grant, "5"))
    assert (view.points, view.spend) == (110, 10_00)


def test_the_tier_multiplies_no_grant() -> None:
    by = program(("member", 0, "1", 0), ("silver", 100_00, "2", 30))
    assert seen("2024-01-09", bought("2024-01-05", "100"), given("2024-01-06", 50), by=by).points == 150


def test_the_statement_tells_the_reason() -> None:
    [line] = statement(PROGRAM, [given("2024-01-05", 50)], at("2024-01-06"))
    assert (line.kind, line.earned, line.balance, line.reason) == (Kind.GRANT, 50, 50, "an apology")
