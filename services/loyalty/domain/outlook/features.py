"""What of a trail says whether somebody buys soon, beyond what BG/NBD makes of it."""

from bisect import bisect_left
from math import log, log1p

from services.loyalty.domain.outlook import renewal
from services.loyalty.domain.outlook.bgnbd import Purchases
from services.loyalty.domain.outlook.renewal import Gaps
from services.loyalty.domain.outlook.trail import Trail

#: Windows in days of which purchases are counted.
WINDOWS = (28, 91, 182, 364)
#: The features, in their order; `hinge_...` are the logarithm of days since the last purchase beyond a knot.
NAMES = (
    "bgnbd", "since", "repeats", "age", *(f"in_{days}" for days in WINDOWS), "since_by_repeats", "once",
    "once_by_since", "overdue", "renewal", "renewal_known", "irregular", "spend",
    "hinge_1", "hinge_2", "hinge_3", "hinge_4",
)  # fmt: skip
#: How many of them are hinges.
KNOTS = 4
#: Chances nearer to 0 and 1 than this are taken for this.
SURE, SURE_OF_GAPS = 1e-5, 1e-4
#: Gaps from which on a rhythm counts in full.
KNOWN = 8


def purchases(trail: Trail, today: int) -> Purchases:
    """Return what BG/NBD knows, in weeks; a day with purchases is one purchase."""
    return Purchases(trail.days - 1, (trail.last - trail.first) / 7, max(today - trail.first, 0) / 7)


def logit(chance: float, sure: float = SURE) -> float:
    """Return the logarithm of the odds."""
    within = min(max(chance, sure), 1 - sure)
    return log(within / (1 - within))


class Features:
    """The features of one trail on one day. Most are the same for every horizon and are computed once."""

    def __init__(self, trail: Trail, today: int, gaps: Gaps, typical: float) -> None:
        self._since = since = max(today - trail.last, 0)
        self._mean, self._deviation = renewal.outlook_of_gaps(trail, gaps)
        repeats = trail.days - 1
        ago, often = log1p(since), log1p(repeats)
        once = 0.0 if repeats else 1.0
        mean_gap = (trail.last - trail.first) / repeats if repeats else 0.0
        spend = max(trail.spend / trail.days, 0.0)
        self._ago = ago
        self._known = min(repeats, KNOWN) / KNOWN
        self._before = [
            ago,
            often,
            log1p(max(today - trail.first, 0)),
            *(log1p(len(trail.recent) - bisect_left(trail.recent, today - days + 1)) for days in WINDOWS),
            ago * often,
            once,
            once * ago,
            log((since + 3) / (mean_gap + 3)) if repeats else 0.0,
        ]
        self._after = [log(self._deviation) if repeats > 1 else 0.0, log((spend + typical) / (2 * typical))]

    def within(self, days: int, bgnbd: float, knots: tuple[float, ...]) -> list[float]:
        """Return the features for a horizon of so many days, given the log-odds that BG/NBD says of it."""
        own = logit(renewal.chance(self._mean, self._deviation, self._since, days), SURE_OF_GAPS)
        hinges = (max(self._ago - knot, 0.0) for knot in knots)
        return [bgnbd, *self._before, own, own * self._known, *self._after, *hinges]
