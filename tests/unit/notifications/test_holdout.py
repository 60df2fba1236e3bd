"""The holdout: who is left out stays left out, and is nobody in particular."""

from hypothesis import given
from hypothesis import strategies as st

from services.notifications.domain.campaign import WHOLE
from services.notifications.domain.holdout import held_out

PEOPLE = [f"customer-{number}" for number in range(20_000)]


def test_a_tenth_is_about_a_tenth():
    share = sum(held_out("win-back", one, WHOLE // 10) for one in PEOPLE) / len(PEOPLE)
    assert 0.09 < share < 0.11


def test_who_is_held_out_of_one_campaign_is_not_so_of_all():
    both = sum(held_out("a", one, WHOLE // 2) and held_out("b", one, WHOLE // 2) for one in PEOPLE)
    assert 0.23 < both / len(PEOPLE) < 0.27


@given(st.text(), st.text(), st.integers(0, WHOLE), st.integers(0, WHOLE))
def test_a_larger_holdout_contains_the_smaller(campaign, customer, one, other):
    smaller, larger = sorted((one, other))
    assert not held_out(campaign, customer, smaller) or held_out(campaign, customer, larger)


@given(st.text(), st.text())
def test_nobody_is_held_out_of_nothing_and_everybody_of_all(campaign, customer):
    assert not held_out(campaign, customer, 0)
    assert held_out(campaign, customer, WHOLE)
