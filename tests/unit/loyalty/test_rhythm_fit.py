"""What is learnt of a population's rhythm, and how due dates are judged."""

import numpy as np
import numpy.typing as npt
import pytest

from services.loyalty.domain.outlook.rhythm import PRIORS, RhythmPriors
from services.loyalty.modelling.rhythm_fit import evaluate_due, fit_rhythm

Ints = npt.NDArray[np.int64]

TRUTH = RhythmPriors(mean=1.2, weight=1.5, spread=0.5, steadiness=10)


def shop(people: int, years: float = 2) -> tuple[Ints, Ints]:
    """Purchases of people of whom each has a rhythm of their own, all through some years."""
    random = np.random.default_rng(7)
    found: list[tuple[int, int]] = []
    for person in range(people):
        own = random.normal(TRUTH.mean, TRUTH.spread / np.sqrt(TRUTH.weight))
        weeks = np.exp(random.normal(own, TRUTH.spread, 1000)).cumsum() + random.uniform(0, 20)
        found += [(person, day) for day in np.unique((weeks * 7).astype(int)) if day < years * 365]
    people_and_days = np.array(found)
    return people_and_days[:, 0], people_and_days[:, 1]


def test_the_rhythm_that_a_population_has_is_found() -> None:
    found = fit_rhythm(*shop(300, years=8))
    assert found.mean == pytest.approx(TRUTH.mean, abs=0.1)
    assert found.weight == pytest.approx(TRUTH.weight, rel=0.3)
    assert found.spread == pytest.approx(TRUTH.spread, rel=0.1)


def test_of_nobody_nothing_is_learnt_and_of_few_not_much() -> None:
    nobody = np.array([], dtype=np.int64)
    assert fit_rhythm(nobody, nobody) == PRIORS
    few = fit_rhythm(np.array([0, 0, 1]), np.array([0, 7, 3]))
    assert 0 < PRIORS.mean - few.mean < 0.6


def test_due_dates_hold_what_they_say_and_more_than_the_mean_interval_does() -> None:
    figures = evaluate_due(*shop(400), cut=365)
    for told in figures["at_purchase"]:
        assert told["held"] == pytest.approx(told["meant"], abs=0.07)
        assert told["held"] > told["held_by_mean"]
        assert told["error"] < told["error_of_mean"]
    assert [one["meant"] for one in figures["at_cut"]] == [0.5, 0.8]


def test_what_is_forecast_does_not_depend_on_what_came_later() -> None:
    people, days = shop(50)
    later = np.where(days > 365, days + (days - 365), days)
    known = days <= 365
    assert fit_rhythm(people[known], days[known]) == fit_rhythm(people[known], later[known])
    one, other = evaluate_due(people, days, 365)["at_cut"], evaluate_due(people, later, 365)["at_cut"]
    assert [told["width"] for told in one] == [told["width"] for told in other]


def test_nobody_who_came_once_is_told_a_date() -> None:
    once = np.arange(10)
    assert evaluate_due(once, once * 10, 50) == {"at_purchase": [], "at_cut": []}
