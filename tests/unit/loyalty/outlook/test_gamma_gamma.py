"""Gamma-Gamma says what its note says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.loyalty.domain.outlook.gamma_gamma import GammaGamma
from services.loyalty.domain.outlook.model import PRIORS

CDNOW = PRIORS.gamma_gamma
#: What a purchase of somebody unknown is worth.
OF_ALL = CDNOW.p * CDNOW.gamma / (CDNOW.q - 1)


def test_the_mean_purchase_of_cdnow_is_worth_about_35_dollars():
    assert abs(OF_ALL - 35_22) < 10


@given(st.integers(1, 500), st.floats(0, 1e7))
def test_what_is_expected_lies_between_the_own_mean_and_that_of_all(purchases, mean):
    low, high = sorted((mean, OF_ALL))
    assert low - 1e-6 <= CDNOW.value(purchases, mean) <= high + 1e-6


def test_the_more_purchases_the_more_the_own_mean_counts():
    values = [CDNOW.value(purchases, 100_00) for purchases in (1, 2, 5, 50)]
    assert values == sorted(values)


def test_where_customers_are_too_unlike_to_have_a_mean_a_purchase_is_worth_about_what_they_spent():
    unlike = GammaGamma(p=0.155, q=0.54, gamma=40_83.0)
    assert unlike.value(1, 30_00) == pytest.approx(70_83)
    assert unlike.value(100, 30_00) == pytest.approx(30_00, rel=0.02)


def test_who_returned_more_than_they_bought_is_worth_no_less_than_nothing():
    assert CDNOW.value(1, -500_00) == CDNOW.value(1, 0) > 0


@given(st.floats(0.01, 1000))
def test_another_currency_is_another_scale_and_nothing_else(scale):
    other = GammaGamma(CDNOW.p, CDNOW.q, CDNOW.gamma * scale)
    assert other.value(3, 20_00 * scale) == pytest.approx(scale * CDNOW.value(3, 20_00))
