"""The view of a member: the same until `wakes_at`, and another from then on."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from services.loyalty.domain.facts import Fact
from services.loyalty.domain.fold import advance, rebuild
from services.loyalty.domain.program import Program
from services.loyalty.domain.state import start
from services.loyalty.domain.view import view

from .histories import histories, moments, patient, programs
from .story import PROGRAM, at, bought, midnight, program, redeemed, returned, seen

MILLISECOND = timedelta(milliseconds=1)


@patient
@given(programs, histories(), moments, st.floats(0, 1))
def test_nothing_changes_by_itself_before_the_member_wakes(
    by: Program, facts: list[Fact], now: datetime, part: float
) -> None:
    state = rebuild(by, facts)
    first = view(by, state, now)
    assume(first.wakes_at)
    assert first.wakes_at
    assert first.wakes_at > first.as_of
    between = first.as_of + (first.wakes_at - first.as_of - MILLISECOND) * part
    assert replace(view(by, state, between), as_of=first.as_of) == first
    assert replace(view(by, state, first.wakes_at), as_of=first.as_of) != first


@patient
@given(programs, histories(), moments)
def test_a_view_is_that_of_the_state_advanced_to_its_moment(
    by: Program, facts: list[Fact], now: datetime
) -> None:
    state = rebuild(by, facts)
    assert view(by, advance(by, state, now), now) == view(by, state, now)


def test_looking_at_a_member_does_not_change_the_state() -> None:
    facts = [bought("2023-01-01", "100")]
    state = rebuild(PROGRAM, facts)
    view(PROGRAM, state, at("2030-01-01"))
    assert state == rebuild(PROGRAM, facts)


def test_a_member_wakes_when_the_next_purchase_is_due() -> None:
    facts = bought("2024-01-01", "10"), bought("2024-01-11", "10")
    assert seen("2024-01-12", *facts).wakes_at == at("2024-01-21")


def test_a_member_wakes_when_points_expire() -> None:
    by = program(("member", 0, "1", 0), expiry_months=1)
    assert seen("2024-01-12", bought("2024-01-10", "10"), by=by).wakes_at == midnight("2024-02-10")


def test_a_member_wakes_when_a_purchase_leaves_the_qualifying_spend() -> None:
    by = program(("member", 0, "1", 0), earn_rate="0")
    assert seen("2024-01-12", bought("2023-02-01", "10"), by=by).wakes_at == midnight("2024-02-01")


def test_a_member_does_not_wake_for_a_purchase_that_went_back() -> None:
    purchase = bought("2024-01-10", "10")
    assert seen("2024-01-12", purchase, returned("2024-01-11", purchase, "10")).wakes_at is None


def test_a_member_wakes_when_the_hold_of_the_tier_ends() -> None:
    by = program(("member", 0, "1", 0), ("silver", 1_00, "1", 5), earn_rate="0")
    view = seen("2024-02-01", bought("2023-02-01", "10"), by=by)
    assert view.wakes_at == view.tier_held_until == midnight("2024-02-05") + timedelta(days=1)


def test_a_member_of_whom_nothing_can_change_sleeps_for_ever() -> None:
    assert seen("2030-01-01", bought("2023-02-01", "10")).wakes_at is None


def test_a_view_before_the_last_fact_is_that_of_the_last_fact() -> None:
    purchase = bought("2024-01-05T09:00", "10")
    assert seen("2024-01-01", purchase).as_of == at("2024-01-05T09:00")


def test_a_customer_of_whom_nothing_happened_is_a_member_with_nothing() -> None:
    nobody = view(PROGRAM, start(PROGRAM), at("2024-01-01"))
    assert (nobody.tier, nobody.points, nobody.spend, nobody.repeat) == ("member", 0, 0, False)
    assert nobody.wakes_at is None


def test_a_member_who_only_ever_spent_points_is_one_all_the_same() -> None:
    view = seen("2024-01-05", redeemed("2024-01-05", 10))
    assert (view.tier, view.tier_since, view.points) == ("member", at("2024-01-05"), -10)
    assert (view.purchase_count, view.first_purchase_at) == (0, None)


def test_the_program_version_is_that_of_the_rules_not_of_titles_and_rates() -> None:
    assert program(rates={"EUR": "1.1"}).version == program(rates={"EUR": "1.2"}).version
    assert program(earn_rate="1.0").version == program(earn_rate="1").version
    for other in (program(earn_rate="2"), program(expiry_months=3), program(recognition_days=3)):
        assert other.version != program().version
