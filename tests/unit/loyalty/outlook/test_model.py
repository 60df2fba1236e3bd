"""A model says of every trail something that can be."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.loyalty.domain.outlook.correction import Correction
from services.loyalty.domain.outlook.features import NAMES
from services.loyalty.domain.outlook.model import HORIZONS, PRIORS, from_plain, score, to_plain
from services.loyalty.domain.outlook.trail import trail_of
from tests.unit.loyalty.outlook.trails import trails

# Any weights will do: no rule may depend on what was learnt.
LEARNT = replace(
    PRIORS,
    version=3,
    fitted_at="2026-01-01T00:00:00Z",
    corrections={
        days: Correction(
            -0.3,
            tuple((-1) ** i * days / 100 for i in range(len(NAMES))),
            (1.0, 2.0, 3.0, 4.0),
            0.8,
            -1.0,
            1.0,
        )
        for days in HORIZONS
    },
)


@pytest.mark.parametrize("model", [PRIORS, LEARNT], ids=["priors", "learnt"])
@given(trail=trails(), later=st.integers(0, 2000))
def test_chances_lie_in_0_to_1_and_grow_with_the_horizon(model, trail, later):
    outlook = score(model, trail, trail.last + later)
    assert 0 <= outlook.chances[7] <= outlook.chances[28] <= outlook.chances[91] <= 1
    assert 0 <= outlook.alive <= 1
    assert outlook.purchases >= 0
    assert outlook.value >= 0


@given(trails())
def test_who_stays_away_is_expected_less_from_day_to_day_where_nothing_was_learnt(trail):
    chances = [score(PRIORS, trail, trail.last + later).chances[28] for later in (0, 10, 100, 1000)]
    assert chances == sorted(chances, reverse=True)


@given(trails(), st.integers(1, 1000))
def test_another_currency_changes_the_value_and_nothing_else(trail, scale):
    other = replace(
        LEARNT,
        gamma_gamma=replace(LEARNT.gamma_gamma, gamma=LEARNT.gamma_gamma.gamma * scale),
        typical=LEARNT.typical * scale,
    )
    one = score(LEARNT, trail, trail.last + 9)
    same = score(other, replace(trail, spend=trail.spend * scale), trail.last + 9)
    assert same.chances == pytest.approx(one.chances)
    assert same.value == pytest.approx(scale * one.value)


def test_a_correction_of_nothing_leaves_what_bgnbd_says():
    trail = trail_of([100, 130, 170], 90_00)
    none = Correction(0.0, (0.0,) * len(NAMES), (1.0, 2.0, 3.0, 4.0), 0.0, 0.0, 0.0)
    nothing_learnt = replace(PRIORS, corrections=dict.fromkeys(HORIZONS, none))
    assert score(nothing_learnt, trail, 200).chances == pytest.approx(score(PRIORS, trail, 200).chances)


def test_a_clock_that_runs_behind_breaks_nothing():
    assert score(LEARNT, trail_of([100, 130], 10_00), 90).chances[7] >= 0


@pytest.mark.parametrize("model", [PRIORS, LEARNT], ids=["priors", "learnt"])
def test_a_model_comes_back_from_json_as_it_was(model):
    assert from_plain(json.loads(json.dumps(to_plain(model)))) == model


def spoilt(*path, value):
    plain = json.loads(json.dumps(to_plain(LEARNT)))
    part = plain
    for name in path[:-1]:
        part = part[name]
    part[path[-1]] = value
    return plain


@pytest.mark.parametrize(
    "plain",
    [
        None,
        {},
        [],
        spoilt("bgnbd", "alpha", value=0.0),
        spoilt("bgnbd", "r", value=float("nan")),
        spoilt("bgnbd", "r", value="0.2"),
        spoilt("bgnbd", "weekday", value=1.0),
        spoilt("rhythm", "spread", value=-1.0),
        spoilt("gaps", "mean", value=float("inf")),
        spoilt("typical", value=0.0),
        spoilt("corrections", value=[]),
        spoilt("corrections", "soon", value={}),
        spoilt("corrections", "28", "weights", value=[1.0] * (len(NAMES) + 1)),
        spoilt("corrections", "28", "knots", value=[1.0]),
        spoilt("corrections", "28", "counts", value=float("nan")),
    ],
)
def test_a_model_that_could_not_be_applied_is_refused_when_it_is_read(plain):
    with pytest.raises((KeyError, TypeError, ValueError, AttributeError)):
        from_plain(plain)
