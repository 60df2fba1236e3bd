"""What is learnt: the published fits, and something sensible of every history, however poor."""

from dataclasses import replace

import numpy as np
import pytest

from services.loyalty.domain.outlook.bgnbd import Bgnbd
from services.loyalty.domain.outlook.features import purchases
from services.loyalty.domain.outlook.model import PRIORS, Model, from_plain, score, to_plain
from services.loyalty.domain.outlook.trail import Trail, trail_of
from services.loyalty.modelling import counting, worth
from services.loyalty.modelling.evaluation import expected, predictions
from services.loyalty.modelling.fitting import fit
from services.loyalty.modelling.history import History
from tests.unit.loyalty.modelling.tenants import cdnow, day, of, regulars

CUT = day("1997-09-30")


def trail(history: History, person: int, today: int) -> Trail:
    mine = (history.people == person) & (history.days <= today)
    return trail_of(history.days[mine].tolist(), int(history.amounts[mine].sum()))


def test_bgnbd_of_the_cdnow_sample_is_as_published():
    counts = counting.Counts.of(cdnow().at(CUT))
    found = counting.fit(counts, pull=0)
    assert (found.r, found.alpha) == pytest.approx((0.243, 4.414), abs=0.001)
    assert (found.a, found.b) == pytest.approx((0.793, 2.426), abs=0.001)
    assert counting.log_likelihood(found, counts) == pytest.approx(-9582.4, abs=0.05)


def test_what_is_known_beforehand_is_lost_among_thousands():
    counts = counting.Counts.of(cdnow().at(CUT))
    drawn, free = counting.fit(counts), counting.fit(counts, pull=0)
    assert (drawn.r, drawn.alpha, drawn.a, drawn.b) == pytest.approx(
        (free.r, free.alpha, free.a, free.b), 1e-3
    )


def test_gamma_gamma_of_the_repeat_purchases_of_cdnow_is_as_published():
    history = cdnow()
    known = history.days <= CUT
    repeat = known & (np.diff(history.people, prepend=-1) == 0)
    number = np.bincount(history.people[repeat], minlength=history.number)
    spent = np.bincount(history.people[repeat], weights=history.amounts[repeat], minlength=history.number)
    came = number > 0
    found = worth.fit(number[came], spent[came] / number[came], pull=0)
    assert (found.p, found.q, found.gamma) == pytest.approx((6.25, 3.74, 15_44), rel=0.02)


def test_where_some_spend_a_thousand_times_as_much_as_others_nobody_is_worth_many_times_the_mean_of_all():
    random = np.random.default_rng(7)
    spent, number = np.exp(2 * random.normal(size=2_000) + 8), random.integers(1, 31, 2_000)
    found = worth.fit(number, spent)
    assert found.value(1, 3_000.0) < 1.5 * spent.mean()


@pytest.fixture(scope="module")
def tenant() -> tuple[History, Model]:
    history = regulars(300, 400)
    return history, fit(history, 10_300)


def test_what_is_learnt_in_columns_is_what_is_said_of_each_member(tenant):
    history, model = tenant
    model = from_plain(to_plain(model))
    trails = history.at(10_300)
    for days in (7, 28, 91):
        said = predictions(model, trails, days)["wafa"]
        for place in range(0, len(trails.people), 7):
            outlook = score(model, trail(history, trails.people[place], 10_300), 10_300)
            # Score does not let a longer horizon have a smaller chance; nothing else may differ.
            shorter = max((outlook.chances[one] for one in (7, 28) if one < days), default=0.0)
            assert outlook.chances[days] == pytest.approx(max(said[place], shorter), rel=1e-6)


@pytest.mark.parametrize("bgnbd", [None, Bgnbd(1377.0, 5954.0, 0.0134, 125.4)], ids=["fitted", "clockwork"])
def test_expected_purchases_in_columns_are_what_bgnbd_says_of_each(tenant, bgnbd):
    history, model = tenant
    model = replace(model, bgnbd=bgnbd or model.bgnbd)
    trails = history.at(10_300)
    random = expected(model, trails, 91)["bgnbd"]
    for place in range(0, len(trails.people), 11):
        known = purchases(trail(history, trails.people[place], 10_300), 10_300)
        assert random[place] == pytest.approx(model.bgnbd.expected(known, 13), rel=1e-6)


def test_where_people_have_a_rhythm_more_is_learnt_than_bgnbd_knows(tenant):
    history, model = tenant
    trails = history.at(10_300)
    bought = history.bought(trails, 7) > 0
    said = predictions(model, trails, 7)
    errors = {name: ((said[name] - bought) ** 2).mean() for name in ("bgnbd", "wafa")}
    assert errors["wafa"] < 0.9 * errors["bgnbd"]


@pytest.mark.parametrize(
    "rows",
    [
        [(0, 100)],
        [(0, 100), (0, 107), (0, 114)],
        [(person, 100) for person in range(50)],
        [(person, 100 + 30 * time) for person in range(200) for time in range(12)],
        [(person, 100 + time) for person in range(3) for time in range(900)],
    ],
    ids=["one purchase", "one customer", "all on one day", "all alike", "every day"],
)
@pytest.mark.parametrize("cents", [0.0, 10_00.0])
def test_of_every_history_comes_a_model_that_says_something_possible(rows, cents):
    history = of(rows, cents)
    today = int(history.days.max())
    model = fit(history, today)
    outlook = score(model, trail(history, 0, today), today + 10)
    assert 0 <= outlook.chances[7] <= outlook.chances[28] <= outlook.chances[91] <= 1
    assert 0 <= outlook.purchases < 400
    assert np.isfinite(outlook.value)


def test_a_history_that_has_not_begun_gives_the_priors():
    assert fit(of([(0, 100)]), 50) == PRIORS


def test_who_buys_with_a_rhythm_is_not_expected_to_buy_more_often_than_they_did(tenant):
    history, model = tenant
    trails = history.at(10_300)
    came = history.bought(trails, 28).sum()
    assert expected(model, trails, 28)["wafa"].sum() == pytest.approx(came, rel=0.15)
