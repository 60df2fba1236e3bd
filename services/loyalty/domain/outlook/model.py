"""What is to be expected of a member, by a model: pure, and quick enough for every update."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

from services.loyalty.domain.outlook import rhythm
from services.loyalty.domain.outlook.bgnbd import Bgnbd
from services.loyalty.domain.outlook.correction import NOTHING, Correction
from services.loyalty.domain.outlook.features import KNOTS, NAMES, SURE, Features, logit, purchases
from services.loyalty.domain.outlook.gamma_gamma import GammaGamma
from services.loyalty.domain.outlook.renewal import Gaps
from services.loyalty.domain.outlook.rhythm import RhythmPriors
from services.loyalty.domain.outlook.trail import Trail

#: Days of which the chance of a purchase is told.
HORIZONS = (7, 28, 91)
YEAR_IN_WEEKS = 365 / 7
#: What is learnt of a quarter moves what is expected of a year by this factor at most.
MOST = 5.0


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is to be expected of a member.

    Attributes:
        chances: of at least one purchase, by days: 7, 28, 91; the longer never below the shorter.
        alive: probability that they still buy at all.
        purchases: expected days with a purchase in the coming year.
        value: what these are worth, in minor units of the base currency.
        model: version of the model that says so.
    """

    chances: Mapping[int, float]
    alive: float
    purchases: float
    value: float
    model: int


@dataclass(frozen=True, slots=True)
class Model:
    """All that was learnt from a tenant's history, as plain numbers.

    Attributes:
        version: 0 is `PRIORS`; each fit has the next.
        fitted_at: RFC 3339, empty for `PRIORS`.
        typical: median over members of the mean spend on a day with a purchase, in minor units.
        corrections: by days of the horizon.
        rhythm: how intervals are distributed, from which due dates follow.
    """

    version: int
    fitted_at: str
    bgnbd: Bgnbd
    gamma_gamma: GammaGamma
    gaps: Gaps
    typical: float
    corrections: Mapping[int, Correction]
    rhythm: RhythmPriors = rhythm.PRIORS


# What is fitted but for the corrections, by the names of its fields.
_FITTED = ("bgnbd", "gamma_gamma", "gaps", "rhythm")
#: For a tenant without history. BG/NBD as published for CDNOW (weeks; Fader, Hardie, Lee 2005, table 2),
#: Gamma-Gamma likewise (Fader, Hardie 2013, in cents); of gaps, a median of 30 days with a wide spread.
PRIORS = Model(
    version=0,
    fitted_at="",
    bgnbd=Bgnbd(r=0.243, alpha=4.414, a=0.793, b=2.426),
    gamma_gamma=GammaGamma(p=6.25, q=3.74, gamma=1544.0),
    gaps=Gaps(mean=3.4, between=0.5, within=0.6),
    typical=3500.0,
    corrections={},
)


def score(model: Model, trail: Trail, today: int) -> Outlook:
    """Return what is to be expected of a member at the end of the UTC day `today`."""
    known = purchases(trail, today)
    features = Features(trail, today, model.gaps, model.typical) if model.corrections else None
    chances: dict[int, float] = {}
    at_least = by_bgnbd = 0.0
    for days in HORIZONS:
        by_bgnbd = model.bgnbd.chance(known, days / 7)
        random = logit(by_bgnbd)
        correction = model.corrections.get(days, NOTHING)
        given = features.within(days, random, correction.knots) if features and correction.weights else ()
        at_least = chances[days] = max(at_least, correction.apply(random, given))
    expected = model.bgnbd.expected(known, YEAR_IN_WEEKS) * learnt(model, by_bgnbd, at_least)
    worth = model.gamma_gamma.value(trail.days, trail.spend / trail.days)
    return Outlook(chances, model.bgnbd.alive(known), expected, expected * worth, model.version)


def learnt(model: Model, random: float, chance: float) -> float:
    """Return the factor by which expected purchases change with the chance of one.

    Both chances are of the longest horizon: `random` by BG/NBD alone, `chance` as corrected.
    """
    correction = model.corrections.get(HORIZONS[-1])
    if correction is None:
        return 1.0
    return min(max(chance / max(random, SURE), 1 / MOST), MOST) * correction.counts


def to_plain(model: Model) -> dict[str, Any]:
    """Return a model as what JSON and a database can keep."""
    corrections = {str(days): asdict(one) for days, one in model.corrections.items()}
    plain = {name: asdict(getattr(model, name)) for name in _FITTED}
    head = {name: getattr(model, name) for name in ("version", "fitted_at", "typical")}
    for one in corrections.values():
        one |= {"weights": list(one["weights"]), "knots": list(one["knots"])}
    return {**head, **plain, "corrections": corrections}


def from_plain(plain: Mapping[str, Any]) -> Model:
    """Return the model that `to_plain` wrote.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: it is none that could be applied here.
    """
    corrections = {int(days): _correction(one) for days, one in plain["corrections"].items()}
    found = Model(
        version=plain["version"],
        fitted_at=plain["fitted_at"],
        bgnbd=Bgnbd(**plain["bgnbd"]),
        gamma_gamma=GammaGamma(**plain["gamma_gamma"]),
        gaps=Gaps(**plain["gaps"]),
        typical=plain["typical"],
        corrections=corrections,
        rhythm=RhythmPriors(**plain["rhythm"]) if "rhythm" in plain else rhythm.PRIORS,
    )
    fitted = {name: asdict(getattr(found, name)) for name in _FITTED}
    positive = [value for part in fitted.values() for name, value in part.items() if name != "mean"]
    means = [part["mean"] for part in fitted.values() if "mean" in part]
    if not all(map(isfinite, [*positive, *means, found.typical])) or min(*positive, found.typical) <= 0:
        raise ValueError("a parameter is no number, or not above zero")
    return found


def _correction(plain: Mapping[str, Any]) -> Correction:
    one = Correction(**{**plain, "weights": tuple(plain["weights"]), "knots": tuple(plain["knots"])})
    if one.weights and (len(one.weights), len(one.knots)) != (len(NAMES), KNOTS):
        raise ValueError("the correction is of other features")
    others = (one.constant, one.trust, one.low, one.high, one.counts)
    if not all(map(isfinite, (*one.weights, *one.knots, *others))):
        raise ValueError("the correction has what is no number")
    return one
