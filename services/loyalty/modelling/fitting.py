"""A model is fitted to what is known at the end of a day."""

from collections.abc import Sequence

from services.loyalty.domain.outlook.correction import Correction
from services.loyalty.domain.outlook.model import HORIZONS, PRIORS, Model
from services.loyalty.modelling import columns, counting, worth
from services.loyalty.modelling.history import History
from services.loyalty.modelling.learning import Ground, learn
from services.loyalty.modelling.rhythm_fit import fit_rhythm


def fit(
    history: History, today: int, *, version: int = 1, fitted_at: str = "", horizons: Sequence[int] = HORIZONS
) -> Model:
    """Return the model of what was known at the end of the day `today`; later purchases are not looked at.

    Raises:
        ValueError: a horizon is shorter than a day.
    """
    if min(horizons) < 1:
        raise ValueError("a horizon is at least one day")
    history = history.until(today)
    trails = history.at(today)
    if not len(trails.people):
        return PRIORS
    ground = Ground(
        counting.fit(counting.Counts.of(trails)), columns.gaps_of(trails), columns.typical_spend(trails)
    )
    learnt = {days: learn(history, today, days, ground) for days in horizons}
    corrections: dict[int, Correction] = {days: one for days, one in learnt.items() if one is not None}
    return Model(
        version=version,
        fitted_at=fitted_at,
        bgnbd=ground.bgnbd,
        gamma_gamma=worth.fit(trails.days, trails.spend / trails.days),
        gaps=ground.gaps,
        typical=ground.typical,
        corrections=corrections,
        rhythm=fit_rhythm(history.people, history.days),
    )


def ground_of(model: Model) -> Ground:
    """Return what the corrections of a model rest on."""
    return Ground(model.bgnbd, model.gaps, model.typical)
