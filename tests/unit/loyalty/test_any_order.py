"""A member is a function of the set of facts: of no order, batch or repetition that they come in."""

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.loyalty.domain.days import WINDOW
from services.loyalty.domain.errors import Forgotten, Late, OtherProgram
from services.loyalty.domain.facts import Fact, Purchase, Return, moment
from services.loyalty.domain.fold import advance, fold, rebuild
from services.loyalty.domain.outlook.trail import RECENT, trail_of
from services.loyalty.domain.program import Program
from services.loyalty.domain.state import State, start
from services.loyalty.domain.view import view

from .by_the_book import figures
from .histories import histories, moments, patient, programs
from .story import PROGRAM, at, bought, program, redeemed, returned
from .story import given as points_given

FIGURES = (
    "tier",
    "tier_since",
    "qualifying_spend",
    "spend",
    "points",
    "purchase_count",
    "recognized_at",
)

cuts = st.lists(st.integers(0, 14), max_size=6)


def batches(facts: list[Fact], cuts: list[int]) -> list[list[Fact]]:
    edges = sorted({0, len(facts), *(cut for cut in cuts if cut < len(facts))})
    return [facts[start:end] for start, end in pairwise(edges)]


def arrive(by: Program, batches: list[list[Fact]]) -> State:
    """What the service does: fold on top, and where that cannot be, fold the whole ledger."""
    state, ledger = start(by), list[Fact]()
    for batch in batches:
        ledger += batch
        try:
            state = fold(by, state, batch)
        except Late:
            state = rebuild(by, ledger)
    return state


@patient
@given(programs, histories(), cuts)
def test_any_order_and_any_batches_make_the_same_member(
    by: Program, facts: list[Fact], cuts: list[int]
) -> None:
    assert arrive(by, batches(facts, cuts)) == rebuild(by, facts)


@patient
@given(programs, histories(), cuts)
def test_in_business_time_order_only_returns_of_forgotten_purchases_need_the_ledger(
    by: Program, facts: list[Fact], cuts: list[int]
) -> None:
    facts = sorted(facts, key=moment)
    state = start(by)
    for batch in batches(facts, cuts):
        try:
            state = fold(by, state, batch)
        except Forgotten:
            assert state.first_purchase_at
            assert batch[-1].time.date() - state.first_purchase_at.date() >= timedelta(WINDOW)
            return
    assert state == rebuild(by, facts)


@patient
@given(programs, histories(), st.lists(st.integers(0, 13)))
def test_facts_given_more_than_once_count_once(by: Program, facts: list[Fact], again: list[int]) -> None:
    told_again = [facts[place] for place in again if place < len(facts)]
    assert rebuild(by, facts + told_again) == rebuild(by, facts)


@patient
@given(programs, histories(), moments)
def test_the_fold_computes_what_the_rules_say(by: Program, facts: list[Fact], now: datetime) -> None:
    state = rebuild(by, facts)
    then = max(now, *(fact.time for fact in facts))
    book, seen = figures(by, facts, then), view(by, state, then)
    for name in FIGURES:
        assert getattr(seen, name) == getattr(book, name), name
    # What is expected is no sum of whole numbers.
    assert (seen.due_at is None) == (book.due_at is None)
    assert not (book.due_at and seen.due_at) or abs(seen.due_at - book.due_at) < timedelta(seconds=1)
    assert state.trail == (trail_of(_numbers(book.kept_on), book.spend) if book.kept_on else None)
    assert advance(by, state, then).totals == (book.earned, book.taken_back, book.spent, book.expired)


def _numbers(days: list[date]) -> list[int]:
    return [(day - date(1970, 1, 1)).days for day in days]


@patient
@given(programs, histories())
def test_the_balance_is_what_was_earned_and_neither_taken_back_nor_spent_nor_expired(
    by: Program, facts: list[Fact]
) -> None:
    state = rebuild(by, facts)
    assert sum(lot.left for lot in state.lots) - state.debt == state.totals.balance
    assert not (state.debt and any(lot.left for lot in state.lots))
    assert all(total >= 0 for total in state.totals)


@patient
@given(programs, histories(), moments, moments)
def test_time_may_pass_in_one_go_or_in_steps(
    by: Program, facts: list[Fact], one: datetime, other: datetime
) -> None:
    state, (sooner, later) = rebuild(by, facts), sorted((one, other))
    assert advance(by, advance(by, state, sooner), later) == advance(by, state, later)


def test_facts_can_be_folded_on_top_of_days_that_passed() -> None:
    first, second = bought("2024-01-01", "150"), bought("2024-06-01", "20")
    passed = advance(PROGRAM, rebuild(PROGRAM, [first]), at("2024-05-01"))
    assert fold(PROGRAM, passed, [second]) == rebuild(PROGRAM, [first, second])
    with pytest.raises(Late):
        fold(PROGRAM, passed, [bought("2024-04-30", "20")])


def test_a_fact_of_the_same_time_goes_by_its_key() -> None:
    first = bought("2024-01-01", "99.99", key="a")
    second = bought("2024-01-01", "0.01", key="b")
    state = fold(PROGRAM, rebuild(PROGRAM, [first]), [second])
    assert state == rebuild(PROGRAM, [second, first])
    with pytest.raises(Late):
        fold(PROGRAM, rebuild(PROGRAM, [second]), [first])


def test_a_fact_that_is_folded_already_is_refused_not_counted_again() -> None:
    purchase = bought("2024-01-01", "10")
    with pytest.raises(Late):
        fold(PROGRAM, rebuild(PROGRAM, [purchase]), [purchase])


def test_a_state_of_other_rules_is_folded_anew() -> None:
    purchase = bought("2024-01-01", "10")
    generous = program(("member", 0, "3", 0))
    state = rebuild(PROGRAM, [purchase])
    with pytest.raises(OtherProgram):
        fold(generous, state, [bought("2024-01-02", "10")])
    with pytest.raises(OtherProgram):
        view(generous, state, at("2024-01-02"))
    assert rebuild(generous, [purchase]).totals.balance == 30


def test_a_return_after_more_than_a_year_needs_the_ledger_even_where_the_points_are_still_there() -> None:
    by = program(("member", 0, "1", 0), ("silver", 100_00, "1", 400), expiry_months=36)
    old = bought("2021-06-01", "100")
    ledger: list[Fact] = [bought("2020-06-02", "100"), old, bought("2022-06-01", "20")]
    state, late = rebuild(by, ledger), returned("2022-06-01T18:00", old, "100")
    assert old.purchase in [lot.purchase for lot in state.lots]
    with pytest.raises(Forgotten):
        fold(by, state, [late])
    assert view(by, rebuild(by, [*ledger, late]), at("2022-06-02")).points == 120


def test_a_purchase_is_remembered_for_365_days_even_when_its_points_are_spent() -> None:
    purchase = bought("2023-01-01", "100")
    ledger: list[Fact] = [purchase, redeemed("2023-01-02", 100), redeemed("2023-12-31", 1)]
    back = returned("2023-12-31T18:00", purchase, "100")
    state = fold(PROGRAM, rebuild(PROGRAM, ledger), [back])
    assert state == rebuild(PROGRAM, [*ledger, back])
    assert state.spend == 0


def test_a_return_within_a_year_needs_no_ledger_for_the_spend_of_the_year_before() -> None:
    by = program(("member", 0, "1", 0), ("silver", 100_00, "1", 400))
    # Silver on 60 + 50 of two days that are as far apart as the window is wide, a window ago.
    purchase = bought("2022-01-01", "60")
    ledger: list[Fact] = [bought("2021-01-02", "60"), purchase, bought("2022-12-31", "10")]
    back = returned("2022-12-31T18:00", purchase, "10")
    state = fold(by, rebuild(by, ledger), [back])
    assert state == rebuild(by, [*ledger, back])
    assert view(by, state, at("2023-01-01")).tier == "silver"


def test_a_state_is_as_large_as_what_happened_lately_not_as_all_that_ever_happened() -> None:
    monthly = program(("member", 0, "1", 0), ("silver", 100_00, "1", 30), expiry_months=3)
    state = start(monthly)
    for number in range(1_000):
        time = at("2015-01-01") + timedelta(days=number)
        facts: list[Fact] = [Purchase(f"{number}", time, f"till|{number}", 10_00)]
        facts.append(Return(f"{number}r", time, f"web|{number}", 5_00))
        try:
            state = fold(monthly, state, facts)
        except Forgotten:
            state = fold(monthly, state, facts[:1])
    assert state.purchase_count == 1_000
    assert len(state.buckets) <= 2 * WINDOW
    assert len(state.lots) <= WINDOW
    assert len(state.waiting) <= WINDOW


def test_a_return_of_a_purchase_that_the_state_forgot_has_its_full_effect_from_the_ledger() -> None:
    old = bought("2020-01-01", "80")
    ledger: list[Fact] = [old, redeemed("2020-02-01", 30), bought("2024-01-01", "20")]
    state = rebuild(PROGRAM, ledger)
    late = returned("2024-01-02", old, "80")
    with pytest.raises(Forgotten):
        fold(PROGRAM, state, [late])
    seen = view(PROGRAM, rebuild(PROGRAM, [*ledger, late]), at("2024-01-03"))
    # Of its 80 points 30 were spent, which are taken back, and 50 expired, which are gone.
    assert (seen.spend, seen.points) == (20_00, 20 - 30)


def test_a_day_whose_purchases_all_went_back_leaves_no_trace() -> None:
    first, last, gift = bought("2024-01-05", "10"), bought("2024-02-05", "10"), bought("2024-02-05T18", "5")
    back = returned("2024-02-07", last, "10"), returned("2024-02-08", gift, "4.99")
    one, other = _days(first, last, gift, *back), _days(*back, first, gift, last)
    assert one == other == [date(2024, 1, 5), date(2024, 2, 5)]
    assert _days(first, last, gift, *back, returned("2024-02-09", gift, "0.01")) == [date(2024, 1, 5)]


def test_what_cost_nothing_and_cannot_go_back_was_a_visit_all_the_same() -> None:
    free = bought("2024-02-05", "0")
    assert _days(free, returned("2024-02-06", free, "0"), points_given("2024-03-01", 10)) == [
        date(2024, 2, 5)
    ]


def test_a_day_that_leaves_a_long_trail_makes_room_for_one_that_only_the_ledger_knows() -> None:
    days = [at("2024-01-01") + timedelta(days=number) for number in range(RECENT + 3)]
    ledger: list[Fact] = [Purchase(f"{day}", day, f"till|{day}", 10_00) for day in days]
    state = rebuild(PROGRAM, ledger)
    assert state.trail
    assert (len(state.trail.recent), state.trail.days) == (RECENT, RECENT + 3)
    back = returned("2024-02-10", f"till|{days[-1]}", "10")
    with pytest.raises(Forgotten):
        fold(PROGRAM, state, [back])
    anew = rebuild(PROGRAM, [*ledger, back]).trail
    assert anew
    assert (len(anew.recent), anew.last) == (RECENT, state.trail.last - 1)


def _days(*facts: Fact) -> list[date]:
    trail = rebuild(PROGRAM, facts).trail
    assert trail
    return [date(1970, 1, 1) + timedelta(days=day) for day in trail.recent]
