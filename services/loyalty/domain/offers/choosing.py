"""How the grounds for an offer are blended: as would have been right for the weeks that came last."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import log2
from typing import Any, NamedTuple

from services.loyalty.domain.offers.ranking import Candidate, ranked
from services.loyalty.domain.offers.table import Blend

#: Articles of a list that count.
PLACES = 10
#: Customers whose next basket is looked at.
MOST_CASES = 1000
_GRID: dict[str, tuple[float, ...]] = {
    "prior": (0.5, 2.0, 5.0, 15.0, 50.0, 200.0, 1000.0),
    "together": (0.0, 0.1, 0.25, 0.5, 0.75),
    "lately": (0.0, 0.5, 1.0),
    "early": (1.0, 0.75, 0.5, 0.25),
}
_DISCOVERY = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)
_SWEEPS = 2


class Case(NamedTuple):
    """What could have been offered to a customer, and what they then bought."""

    candidates: Sequence[Candidate]
    bought: frozenset[str]


def choose(cases: Sequence[Case]) -> Blend:
    """Return the blend under which what was bought stands furthest up; the usual one where nobody bought.

    One figure after the other is moved to its best value, twice. The first of equals stays.
    """
    blend = Blend()
    if not cases:
        return blend
    for _ in range(_SWEEPS):
        for name, values in _GRID.items():
            blend = _best(cases, [blend, *_varied(blend, name, values)], discovery=False)
    return _best(cases, [blend, *_varied(blend, "discovery", _DISCOVERY)], discovery=True)


def _varied(blend: Blend, name: str, values: Iterable[float]) -> list[Blend]:
    changes: list[dict[str, Any]] = [{name: value} for value in values]
    return [replace(blend, **change) for change in changes]


def _best(cases: Sequence[Case], blends: Sequence[Blend], *, discovery: bool) -> Blend:
    return max(blends, key=lambda blend: sum(_gain(case, blend, discovery) for case in cases))


def _gain(case: Case, blend: Blend, discovery: bool) -> float:
    """Return the discounted cumulative gain of the list, as a share of the best there could be."""
    known = {one.sku for one in case.candidates if one.own} if discovery else frozenset()
    wanted = case.bought - known
    listed = ranked(case.candidates, blend, PLACES, discovery=discovery)
    found = sum(1 / log2(place + 2) for place, one in enumerate(listed) if one.sku in wanted)
    ideal = sum(1 / log2(place + 2) for place in range(min(len(wanted), PLACES)))
    return found / ideal if ideal else 0.0
