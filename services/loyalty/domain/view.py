"""What there is to know of a member at a moment."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.loyalty.domain.account import Account
from services.loyalty.domain.days import day_of, start_of
from services.loyalty.domain.outlook.rhythm import Rhythm, rhythm_of
from services.loyalty.domain.outlook.standing import Standing, turns
from services.loyalty.domain.outlook.trail import Trail
from services.loyalty.domain.program import Program
from services.loyalty.domain.state import State
from services.loyalty.domain.tiers import Cause

_MILLISECONDS_A_DAY = 24 * 60 * 60 * 1000
# Days after which nothing is expected any more: dates have an end.
_FAR = 100_000


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
        trail: the days on which something was bought and kept; None without any.
        kept_at: the last purchase, or where that one went back, the first moment of the last day of the
            trail. What is to be expected is counted from here.
        mean_interval: between the days of the trail; None with fewer than two.
        rhythm: what is expected of the next interval; None with fewer than two days: nobody has shown any.
        due_at: when the next purchase is to be expected, by that rhythm.
        standing: active, at risk or lost; None without a rhythm. It was, or will be, `at_risk_at` and
            `lost_at` if nothing more is bought.
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
    trail: Trail | None
    kept_at: datetime | None
    mean_interval: timedelta | None
    rhythm: Rhythm | None
    due_at: datetime | None
    standing: Standing | None
    at_risk_at: datetime | None
    lost_at: datetime | None
    next_tier: NextTier | None
    wakes_at: datetime | None

    @property
    def standing_since(self) -> datetime | None:
        """Since when the member is at risk or lost; None for who is neither."""
        return {Standing.AT_RISK: self.at_risk_at, Standing.LOST: self.lost_at}.get(
            self.standing or Standing.ACTIVE
        )


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
    trail = account.footprints.trail(account.spend)
    kept_at = _kept_at(account, trail)
    rhythm = rhythm_of(trail, program.model.rhythm) if trail and trail.days > 1 else None
    due_at, at_risk_at, lost_at = _turns(program, kept_at, rhythm)
    changes = [start_of(day) for day in (ends, tiers.spend_falls(), expiring and expiring[0]) if day]
    changes += [turn for turn in (due_at, at_risk_at, lost_at) if turn and turn > as_of]
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
        trail=trail,
        kept_at=kept_at,
        mean_interval=_mean_interval(trail),
        rhythm=rhythm,
        due_at=due_at,
        standing=_standing(as_of, at_risk_at, lost_at),
        at_risk_at=at_risk_at,
        lost_at=lost_at,
        next_tier=_next_tier(program, account),
        wakes_at=min(changes, default=None),
    )


def _kept_at(account: Account, trail: Trail | None) -> datetime | None:
    last, kept = account.last_purchase_at, account.footprints.last
    if trail is None or last is None:
        return None
    return last if day_of(last) == kept else start_of(kept)


def _mean_interval(trail: Trail | None) -> timedelta | None:
    if trail is None or trail.days < 2:
        return None
    whole = (trail.last - trail.first) * _MILLISECONDS_A_DAY
    return timedelta(milliseconds=whole // (trail.days - 1))


def _turns(
    program: Program, since: datetime | None, rhythm: Rhythm | None
) -> tuple[datetime | None, datetime | None, datetime | None]:
    """Return when the next purchase is due, and when the member is at risk and lost if it does not come."""
    if since is None or rhythm is None:
        return None, None, None
    turn = turns(rhythm, program.model.bgnbd)
    due_at, at_risk_at, lost_at = (
        since + timedelta(milliseconds=round(min(days, _FAR) * _MILLISECONDS_A_DAY))
        for days in (rhythm.expected_days, turn.at_risk, turn.lost)
    )
    return due_at, at_risk_at, lost_at


def _standing(as_of: datetime, at_risk_at: datetime | None, lost_at: datetime | None) -> Standing | None:
    if at_risk_at is None or lost_at is None:
        return None
    if as_of < at_risk_at:
        return Standing.ACTIVE
    return Standing.AT_RISK if as_of < lost_at else Standing.LOST


def _next_tier(program: Program, account: Account) -> NextTier | None:
    above = account.tiers.standing.tier + 1
    if above == len(program.tiers):
        return None
    tier = program.tiers[above]
    return NextTier(tier.code, tier.threshold - account.tiers.spend)
