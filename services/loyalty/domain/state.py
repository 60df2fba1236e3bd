"""What the facts have made of a member, as of the last of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from services.loyalty.domain.facts import Moment
from services.loyalty.domain.outlook.trail import Trail
from services.loyalty.domain.points import Lot, Totals
from services.loyalty.domain.program import Program
from services.loyalty.domain.tiers import Bucket, Cause, Standing


class Waiting(NamedTuple):
    """A return, made on `day`, of a purchase that is not known yet."""

    purchase: str
    day: int
    amount: int


@dataclass(frozen=True, slots=True)
class State:
    """All that is needed to go on from the last fact, and no more: it forgets what cannot matter any longer.

    Its size is bounded by what happened in the last two windows and by the lots that hold points, not by what
    ever happened. A fact that reaches back further than it remembers needs the ledger (`Forgotten`).

    Attributes:
        program: version of the program that it was folded with.
        last: the place of the last fact in business-time order; None before the first.
        day: the day as of which it is: that of the last fact, or a later one after `advance`.
        standing: the tier and how far it is secured.
        tier_since: when the tier was last entered; None before the first fact.
        tier_cause: what moved the member there; None for the tier that a member starts in.
        buckets: net spend by day of purchase, of the last two windows.
        lots: the purchases of the last window, and older ones that still hold points.
        debt: points owed; the lots hold none while there is a debt.
        totals: points of all times.
        spend: purchases less returns of all times, in minor units.
        purchase_count: purchases of all times, returned or not.
        purchase_days: different UTC days with a purchase.
        waiting: returns whose purchase is not known yet.
        trail: the days on which something was bought and kept; None when there are none.
    """

    program: str
    last: Moment | None
    day: int
    standing: Standing
    tier_since: datetime | None
    tier_cause: Cause | None
    buckets: tuple[Bucket, ...]
    lots: tuple[Lot, ...]
    debt: int
    totals: Totals
    spend: int
    purchase_count: int
    purchase_days: int
    first_purchase_at: datetime | None
    last_purchase_at: datetime | None
    recognized_at: datetime | None
    waiting: tuple[Waiting, ...]
    trail: Trail | None


def start(program: Program) -> State:
    """Return the state of a customer of whom nothing has happened."""
    return State(
        program=program.version,
        last=None,
        day=0,
        standing=Standing(0, 0),
        tier_since=None,
        tier_cause=None,
        buckets=(),
        lots=(),
        debt=0,
        totals=Totals(),
        spend=0,
        purchase_count=0,
        purchase_days=0,
        first_purchase_at=None,
        last_purchase_at=None,
        recognized_at=None,
        waiting=(),
        trail=None,
    )
