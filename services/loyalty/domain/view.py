"""What there is to know of a member at a moment."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.loyalty.domain.account import Account
from services.loyalty.domain.days import day_of, start_of
from services.loyalty.domain.program import Program
from services.loyalty.domain.state import State
from services.loyalty.domain.tiers import Cause

_MILLISECONDS_A_DAY = 24 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Expiring:
    """The points that expire next. They can be used before `at`, and not from then on."""

    points: int
    at: datetime


@dataclass(frozen=True, slots=True)
class NextTier:
    """The tier above, and the qualifying spend still missing to it, in minor units."""

    tier: str
    missing: int


@dataclass(frozen=True, slots=True)
class View:
    """A member as of a moment. Amounts are minor units of the base currency.

    Attributes:
        program: version of the program.
        as_of: the moment; that of the last fact, if this is later.
        tier: code of the tier held.
        tier_since: when it was entered.
        tier_cause: what moved the member there; None where they started in it.
        tier_held_until: the moment it is lost unless more is bought; None for the lowest tier.
        qualifying_spend: purchases less returns on the 365 UTC days that end today.
        spend: purchases less returns of all times.
        points: the balance, which may be below zero.
        points_expiring: what expires next.
        purchase_count: purchases of all times, returned or not.
        repeat: whether the customer is recognised; since when is `recognized_at`.
        mean_interval: between different days with a purchase; None with fewer than two.
        due_at: when the next purchase is to be expected: the last one plus the mean interval.
        next_tier: the tier above; None in the highest.
        wakes_at: the first moment after `as_of` at which anything here changes by itself, or becomes due.
    """

    program: str
    as_of: datetime
    tier: str
    tier_since: datetime
    tier_cause: Cause | None
    tier_held_until: datetime | None
    qualifying_spend: int
    spend: int
    points: int
    points_expiring: Expiring | None
    purchase_count: int
    first_purchase_at: datetime | None
    last_purchase_at: datetime | None
    repeat: bool
    recognized_at: datetime | None
    mean_interval: timedelta | None
    due_at: datetime | None
    next_tier: NextTier | None
    wakes_at: datetime | None


def view(program: Program, state: State, now: datetime) -> View:
    """Return the member as of `now`, if nothing has happened since the last fact.

    Raises:
        OtherProgram: the state was folded with other rules.
    """
    account = Account(program, state)
    account.pass_to(day_of(now))
    tiers, purse = account.tiers, account.purse
    as_of = max(now, account.last[0]) if account.last else now
    ends = tiers.ends()
    expiring = purse.expiring()
    interval = _mean_interval(account)
    due_at = account.last_purchase_at + interval if account.last_purchase_at and interval else None
    changes = [start_of(day) for day in (ends, tiers.spend_falls(), expiring and expiring[0]) if day]
    if due_at and due_at > as_of:
        changes.append(due_at)
    return View(
        program=state.program,
        as_of=as_of,
        tier=program.tiers[tiers.standing.tier].code,
        tier_since=account.tier_since or as_of,
        tier_cause=account.tier_cause,
        tier_held_until=start_of(ends) if ends else None,
        qualifying_spend=tiers.spend,
        spend=account.spend,
        points=purse.totals.balance,
        points_expiring=Expiring(expiring[1], start_of(expiring[0])) if expiring else None,
        purchase_count=account.purchase_count,
        first_purchase_at=account.first_purchase_at,
        last_purchase_at=account.last_purchase_at,
        repeat=account.recognized_at is not None,
        recognized_at=account.recognized_at,
        mean_interval=interval,
        due_at=due_at,
        next_tier=_next_tier(program, account),
        wakes_at=min(changes, default=None),
    )


def _mean_interval(account: Account) -> timedelta | None:
    first, last = account.first_purchase_at, account.last_purchase_at
    if first is None or last is None or account.purchase_days < 2:
        return None
    whole = (day_of(last) - day_of(first)) * _MILLISECONDS_A_DAY
    return timedelta(milliseconds=whole // (account.purchase_days - 1))


def _next_tier(program: Program, account: Account) -> NextTier | None:
    above = account.tiers.standing.tier + 1
    if above == len(program.tiers):
        return None
    tier = program.tiers[above]
    return NextTier(tier.code, tier.threshold - account.tiers.spend)
