"""A fitted model is applied by services that run: within a minute, without a restart."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from services.loyalty.domain.outlook.model import PRIORS, Model
from services.loyalty.domain.outlook.rhythm import RhythmPriors
from services.loyalty.domain.program import Program
from services.loyalty.in_force import InForce
from services.loyalty.models import current
from services.loyalty.store import LoyaltyStore


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The model is looked for each time, and not once a minute."""
    monkeypatch.setattr(current, "EVERY", 0.0)


def fitted(mean: float) -> Model:
    return replace(PRIORS, rhythm=RhythmPriors(mean, weight=3, spread=1, steadiness=4))


def test_before_the_first_fit_the_priors_hold(store: LoyaltyStore, program: Program) -> None:
    assert InForce(program).program(store.models.active).model == PRIORS


def test_the_active_model_is_applied_and_the_rules_stay_those_of_the_file(
    store: LoyaltyStore, program: Program, at_once: None
) -> None:
    rules = InForce(program)
    for mean in (1.0, 2.0):
        version = store.models.add(fitted(mean), {})
        store.models.activate(version)
        found = rules.program(store.models.active)
        assert (found.model.rhythm.mean, found.model.version) == (mean, version)
        assert found.version == program.version


def test_it_is_looked_for_once_a_minute_and_not_with_each_batch(program: Program) -> None:
    asked: list[int] = []
    load: Callable[[], None] = lambda: asked.append(1)  # noqa: E731
    rules = InForce(program)
    for _ in range(10):
        rules.program(load)
    assert len(asked) == 1
