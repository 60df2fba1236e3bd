"""How good a model is, beside what needs none: fitted to what was known on a day, judged by what came."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.stats import rankdata

from services.loyalty.domain.outlook.model import Model
from services.loyalty.modelling import counting, fitting, measures
from services.loyalty.modelling.history import Floats, History, Ints, Trails

#: Of chances there is more to say than of rankings.
RANKINGS, CHANCES = ("recency", "frequency", "rank_sum"), ("bgnbd", "wafa")
# By default so many cuts, the first with this share of the history behind it, which no horizon exceeds.
_CUTS, _SHARE = 3, 0.4


class TooShort(Exception):
    """There is nothing to judge by; the message says why."""


def default_horizons(history: History, wanted: Sequence[int]) -> list[int]:
    """Return those of the horizons (days) for which the history is long enough.

    Raises:
        TooShort: it is for none.
    """
    span = int(np.ptp(history.days)) + 1 if len(history.days) else 0
    fit = [days for days in wanted if days <= span * _SHARE]
    if not fit:
        raise TooShort(f"{span} days of purchases are too few: none of the horizons fits into the last 40 %")
    return fit


def default_cuts(history: History, horizons: Sequence[int]) -> list[int]:
    """Return days to cut at, spread over the history, with the longest horizon after each."""
    begin, end = int(history.days.min()), int(history.days.max())
    late = end - max(horizons)
    early = min(begin + int((end - begin) * _SHARE), late)
    return sorted({int(one) for one in np.linspace(early, late, _CUTS)})


def evaluate(history: History, cut: int, horizons: Sequence[int]) -> list[dict[str, Any]]:
    """Return for each horizon how good the methods are that knew the history up to the end of the day `cut`.

    What is not known for the whole of a horizon is left out.

    Raises:
        TooShort: nobody had bought by then, or nothing is known of the days after it.
    """
    then = history.until(cut)
    if not then.number:
        raise TooShort("nobody had bought by then")
    judged = [days for days in horizons if cut + days <= int(history.days.max())]
    if not judged:
        raise TooShort("purchases end before the shortest horizon does")
    model = fitting.fit(then, cut, horizons=judged)
    trails, came = then.at(cut), history.at(cut)
    return [_judge(model, trails, history.bought(came, days), days) for days in judged]


def predictions(model: Model, trails: Trails, days: int) -> dict[str, Floats]:
    """Return what each method says of people: higher for who is likelier to buy within so many days."""
    recency, frequency = -trails.since.astype(float), trails.days.astype(float)
    return {
        "recency": recency,
        "frequency": frequency,
        "rank_sum": rankdata(recency) + rankdata(frequency),
        "bgnbd": counting.chance(model.bgnbd, trails, days),
        "wafa": fitting.ground_of(model).chances(model.corrections.get(days), trails, days),
    }


def expected(model: Model, trails: Trails, days: int) -> dict[str, Floats]:
    """Return on how many days within the horizon each is expected to buy."""
    ground = fitting.ground_of(model)
    told = (None, model.corrections.get(days))
    return {name: ground.expected(one, trails, days) for name, one in zip(CHANCES, told, strict=True)}


def _judge(model: Model, trails: Trails, purchases: Ints, days: int) -> dict[str, Any]:
    bought = (purchases > 0).astype(float)
    counts = {name: float(one.sum()) for name, one in expected(model, trails, days).items()}
    made = int(purchases.sum())
    said = predictions(model, trails, days)
    methods: dict[str, dict[str, Any]] = {}
    for name, score in said.items():
        methods[name] = {
            "auc": measures.auc(bought, score),
            "lift_10": measures.lift(bought, score, 0.1),
            "lift_20": measures.lift(bought, score, 0.2),
        }
    for name in CHANCES:
        methods[name] |= {
            "brier": measures.brier(bought, said[name]),
            "purchases": counts[name],
            "purchases_to_actual": counts[name] / made if made else None,
            "calibration": measures.calibration(bought, said[name]),
        }
    return {
        "horizon": days,
        "customers": len(bought),
        "bought": int(bought.sum()),
        "purchases": made,
        "methods": methods,
    }
