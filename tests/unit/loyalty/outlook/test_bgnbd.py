"""BG/NBD says what the paper says, and nothing that cannot be."""

from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.loyalty.domain.outlook.bgnbd import Bgnbd, Purchases
from services.loyalty.domain.outlook.model import PRIORS

CDNOW = PRIORS.bgnbd
weeks = st.floats(0.1, 300)
parameters = st.builds(
    Bgnbd, r=st.floats(0.05, 20), alpha=st.floats(0.1, 100), a=st.floats(0.05, 20), b=st.floats(0.05, 50)
)


@st.composite
def purchases(draw: st.DrawFn) -> Purchases:
    x = draw(st.integers(0, 100))
    t_x = draw(st.floats(0.1, 200)) if x else 0.0
    return Purchases(x, t_x, t_x + draw(st.floats(0, 200)))


def test_the_customer_of_the_paper_is_expected_to_make_1_226_purchases_in_39_weeks():
    assert CDNOW.expected(Purchases(2, 30.43, 38.86), 39) == pytest.approx(1.226, abs=0.0005)


def test_the_customer_of_the_paper_is_alive_with_0_727():
    assert CDNOW.alive(Purchases(2, 30.43, 38.86)) == pytest.approx(0.727, abs=0.0005)


def test_who_bought_once_counts_as_alive_because_the_model_lets_nobody_go_before_a_second_purchase():
    assert CDNOW.alive(Purchases(0, 0.0, 500.0)) == 1.0


@given(parameters, purchases(), weeks, weeks)
def test_chances_are_chances_and_grow_with_the_horizon(model, of, one, other):
    shorter, longer = sorted((one, other))
    assert 0 <= model.chance(of, shorter) <= model.chance(of, longer) <= model.alive(of) <= 1


@given(parameters, purchases(), weeks)
def test_the_longer_somebody_stays_away_the_less_they_are_expected(model, of, later):
    afterwards = Purchases(of.x, of.t_x, of.T + later)
    assert model.alive(afterwards) <= model.alive(of)
    assert model.chance(afterwards, 4) <= model.chance(of, 4)


@given(purchases(), weeks, weeks)
def test_expected_purchases_grow_with_time_and_are_at_least_the_chance_of_one(of, one, other):
    shorter, longer = sorted((one, other))
    assert CDNOW.expected(of, shorter) <= CDNOW.expected(of, longer) + 1e-9
    assert CDNOW.expected(of, shorter) >= CDNOW.chance(of, shorter) - 1e-9


@given(purchases(), st.floats(0.5, 100))
def test_the_unit_of_time_does_not_matter(of, scale):
    stretched = Bgnbd(CDNOW.r, CDNOW.alpha * scale, CDNOW.a, CDNOW.b)
    same = Purchases(of.x, of.t_x * scale, of.T * scale)
    assert stretched.expected(same, 10 * scale) == pytest.approx(CDNOW.expected(of, 10), rel=1e-6)
    assert stretched.chance(same, 10 * scale) == pytest.approx(CDNOW.chance(of, 10), rel=1e-9)


# The fits of shops where everybody comes monthly, or weekly; where nobody comes a third time; and others that
# ask much of the series. What is expected was added up with 50 digits.
@pytest.mark.parametrize(
    ("model", "of", "expected"),
    [
        (Bgnbd(200.0, 21.7, 4.53, 0.122), Purchases(2, 8.3, 8.3), 0.3177),
        (Bgnbd(112.0, 2.46, 1.47, 0.133), Purchases(0, 0.0, 0.0), 1.2787),
        (Bgnbd(4.46, 0.114, 11_000.0, 19_800.0), Purchases(0, 0.0, 1.0), 2.8),
        (Bgnbd(0.281, 2.17, 298.0, 0.392), Purchases(0, 0.0, 0.0), 0.5959),
    ],
)
def test_where_all_buy_alike_the_expected_purchases_are_still_right(model, of, expected):
    assert model.expected(of, 52.14) == pytest.approx(expected, rel=0.01)


everything = st.floats(-6, 9).map(exp)


@given(st.builds(Bgnbd, everything, everything, everything, everything), purchases(), weeks)
def test_whatever_was_fitted_expected_purchases_are_at_least_the_chance_and_at_most_those_of_who_never_stops(
    model, of, within
):
    most = model.alive(of) * (model.r + of.x) * within / (model.alpha + of.T)
    assert 0.99 * model.chance(of, within) - 1e-9 <= model.expected(of, within) <= 1.01 * most + 1e-9


def test_where_the_formula_is_nought_by_nought_it_is_smooth():
    of = Purchases(3, 10.0, 20.0)
    around = [Bgnbd(0.5, 5, a, 2).expected(of, 10) for a in (1 - 1e-4, 1.0, 1 + 1e-4)]
    assert around[0] == pytest.approx(around[1], rel=1e-3)
    assert around[2] == pytest.approx(around[1], rel=1e-3)
