"""Who slips away, and on which day: by their own rhythm, and by how often they have come back."""

from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.loyalty.domain.outlook.bgnbd import Bgnbd
from services.loyalty.domain.outlook.rhythm import Rhythm
from services.loyalty.domain.outlook.standing import AT_RISK, LOST, active, turns

CDNOW = Bgnbd(r=0.243, alpha=4.414, a=0.793, b=2.426)
SHOPS = st.builds(Bgnbd, st.just(1.0), st.just(1.0), st.floats(1e-6, 50), st.floats(1e-6, 50))
RHYTHMS = st.builds(Rhythm, st.floats(0, 6), st.floats(0.1, 1.5), st.integers(1, 31))


def test_on_the_days_that_are_told_the_chance_to_be_active_is_what_they_stand_for() -> None:
    rhythm = Rhythm(log(35), 0.8, 3)
    found = turns(rhythm, CDNOW)
    assert active(rhythm, CDNOW, found.at_risk) == pytest.approx(AT_RISK)
    assert active(rhythm, CDNOW, found.lost) == pytest.approx(LOST)


@given(RHYTHMS, SHOPS)
def test_nobody_is_at_risk_before_they_are_due_nor_lost_before_they_are_at_risk(
    rhythm: Rhythm, shop: Bgnbd
) -> None:
    found = turns(rhythm, shop)
    assert rhythm.expected_days <= found.at_risk * (1 + 1e-9)
    assert found.at_risk < found.lost


@given(RHYTHMS, SHOPS, st.floats(0, 1000), st.floats(0, 1000))
def test_while_somebody_stays_away_the_chance_only_falls(
    rhythm: Rhythm, shop: Bgnbd, one: float, other: float
) -> None:
    sooner, later = sorted((one, other))
    assert active(rhythm, shop, later) <= active(rhythm, shop, sooner) + 1e-12


def test_who_comes_like_clockwork_is_missed_sooner_than_who_comes_at_odd_times() -> None:
    clockwork, odd = Rhythm(log(7), 0.2, 20), Rhythm(log(7), 1.2, 20)
    assert turns(clockwork, CDNOW).at_risk < 11
    assert turns(odd, CDNOW).at_risk > 40


def test_who_came_back_often_is_given_up_later_than_who_came_back_once() -> None:
    once, often = Rhythm(log(35), 0.8, 1), Rhythm(log(35), 0.8, 20)
    assert turns(once, CDNOW).at_risk < turns(often, CDNOW).at_risk
