"""An evaluation sees nothing of what it judges by, and is fair."""

import numpy as np
import pytest

from services.loyalty.modelling import measures
from services.loyalty.modelling.evaluation import (
    TooShort,
    default_cuts,
    default_horizons,
    evaluate,
    predictions,
)
from services.loyalty.modelling.fitting import fit
from services.loyalty.modelling.history import History
from tests.unit.loyalty.modelling.tenants import cdnow, day, of, regulars

CUT = 10_200


def test_whatever_happens_after_the_cut_changes_no_prediction():
    history = regulars(200, 300)
    known = history.days <= CUT
    random = np.random.default_rng(1)
    later = 5_000
    # Other days, other amounts, and people whom nobody knew, in between those who are known.
    changed = History(
        np.concatenate([2 * history.people[known], random.integers(0, 2 * history.number, later)]),
        np.concatenate([history.days[known], random.integers(CUT + 1, CUT + 300, later)]),
        np.concatenate([history.amounts[known], random.uniform(0, 1e6, later)]),
    )
    before, after = fit(history, CUT), fit(changed, CUT)
    assert after == before
    for days in (7, 28, 91):
        one = predictions(before, history.until(CUT).at(CUT), days)
        same = predictions(after, changed.until(CUT).at(CUT), days)
        assert all((one[method] == same[method]).all() for method in one)


def test_a_purchase_on_the_day_of_the_cut_is_known_and_is_not_to_be_predicted():
    history = of([(0, 100), (0, 110), (0, 111)])
    known = history.at(110)
    assert (known.days[0], history.bought(known, 1)[0]) == (2, 1)
    assert history.bought(history.at(111), 7)[0] == 0


def test_at_the_cut_of_the_paper_nothing_is_behind_the_best_of_what_needs_no_model():
    at_28, at_91 = evaluate(cdnow(), day("1997-09-30"), [28, 91])
    for row, auc, lift, brier in ((at_28, 0.810, 4.89, 0.0541), (at_91, 0.7955, 3.717, 0.1102)):
        ours = row["methods"]["wafa"]
        assert ours["auc"] >= auc
        assert ours["lift_10"] >= lift
        assert ours["brier"] <= brier


def test_who_ties_shares_the_lift():
    bought = np.array([1.0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
    assert measures.lift(bought, np.zeros(10), 0.1) == pytest.approx(1)
    assert measures.lift(bought, np.arange(10.0), 0.1) == pytest.approx(5)


def test_the_order_of_the_file_is_worth_nothing_where_all_tie():
    bought = np.array([1.0] * 5 + [0.0] * 95)
    assert measures.auc(bought, np.zeros(100)) == 0.5
    assert measures.lift(bought, np.zeros(100), 0.2) == pytest.approx(1)


def test_where_nobody_bought_there_is_no_ranking_to_judge():
    assert measures.auc(np.zeros(5), np.arange(5.0)) is None
    assert measures.lift(np.zeros(5), np.arange(5.0), 0.1) is None


def test_days_are_chosen_so_that_the_longest_horizon_follows_each():
    history = cdnow()
    horizons = default_horizons(history, (7, 28, 91))
    cuts = default_cuts(history, horizons)
    assert len(cuts) == 3
    assert max(cuts) + max(horizons) <= history.days.max()


def test_a_short_history_is_judged_by_shorter_horizons_and_a_very_short_one_not_at_all():
    assert default_horizons(of([(0, 100), (0, 190)]), (7, 28, 91)) == [7, 28]
    with pytest.raises(TooShort, match="5 days"):
        default_horizons(of([(0, 100), (0, 104)]), (7, 28, 91))


def test_what_cannot_be_judged_is_said():
    with pytest.raises(TooShort, match="nobody had bought"):
        evaluate(of([(0, 100), (0, 200)]), 99, [7])
    with pytest.raises(TooShort, match="purchases end"):
        evaluate(of([(0, 100), (0, 200)]), 199, [7])
