"""Whether a member slips away: active, at risk, lost; and on which day that changes if they do not come.

After each purchase a customer may be gone for good. How likely that is falls with every time that they came
back (beta-geometric, as in BG/NBD: a / (a + b + times - 1)). That they are still there is then the less
likely, the more of their own intervals would be over by now:

    active = (1 - gone) * longer / ((1 - gone) * longer + gone)

where `longer` is the share of their intervals that are longer than what has passed. This falls with time, so
that the day on which it falls below a bound is known beforehand, in closed form; nobody has to look daily.
"""

from dataclasses import dataclass
from enum import StrEnum

from services.loyalty.domain.outlook.bgnbd import Bgnbd
from services.loyalty.domain.outlook.rhythm import Rhythm

#: At risk: as likely gone as not. Lost: nine to one.
AT_RISK, LOST = 0.5, 0.1
#: Nobody is at risk before the day on which they are due, nor active for ever.
_LONGER_AT_RISK, _LONGER_LOST = (0.01, 0.5), (0.001, 0.25)


class Standing(StrEnum):
    """How a member stands, from good to bad."""

    ACTIVE = "active"
    AT_RISK = "at_risk"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Turns:
    """Days after the last purchase on which a member is at risk, and lost."""

    at_risk: float
    lost: float


def turns(rhythm: Rhythm, bgnbd: Bgnbd) -> Turns:
    """Return when a member with a rhythm of their own is at risk, and lost, unless they come."""
    gone = _gone(rhythm, bgnbd)
    return Turns(
        rhythm.after(1 - _longer(gone, AT_RISK, _LONGER_AT_RISK)),
        rhythm.after(1 - _longer(gone, LOST, _LONGER_LOST)),
    )


def active(rhythm: Rhythm, bgnbd: Bgnbd, elapsed: float) -> float:
    """Return the chance that a member is still there, so many days after the last purchase."""
    gone, longer = _gone(rhythm, bgnbd), 1 - rhythm.passed(elapsed)
    return (1 - gone) * longer / ((1 - gone) * longer + gone)


def _gone(rhythm: Rhythm, bgnbd: Bgnbd) -> float:
    """Return the chance that who has come back so many times (1 or more) never does again."""
    return bgnbd.a / (bgnbd.a + bgnbd.b + rhythm.intervals - 1)


def _longer(gone: float, bound: float, within: tuple[float, float]) -> float:
    """Return which share of intervals is longer when the chance to be active is at the bound."""
    least, most = within
    odds = bound / (1 - bound)
    return min(max(odds * gone / (1 - gone), least), most) if gone < 1 else most
