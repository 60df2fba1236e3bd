"""What follows when a member is seen anew: the events that others wait for, each of them once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.loyalty.domain.facts import Fact
from services.loyalty.domain.outlook.standing import Standing
from services.loyalty.domain.program import Program
from services.loyalty.domain.tiers import Cause
from services.loyalty.domain.view import View


@dataclass(frozen=True, slots=True)
class TierChanged:
    """The member went `before` -> `after` (tier codes), at `since`."""

    before: str
    after: str
    cause: Cause
    since: datetime


@dataclass(frozen=True, slots=True)
class Recognized:
    """The customer has become a repeat customer, with the purchase made at `recognized_at`."""

    recognized_at: datetime
    purchase_count: int


@dataclass(frozen=True, slots=True)
class RepurchaseDue:
    """By the customer's own rhythm, the next purchase was to be expected at `due_at`.

    `last_purchase_at` is the last one that was kept: it begins the cycle, and there is one of these in each.
    """

    due_at: datetime
    last_purchase_at: datetime
    mean_interval: timedelta
    expected_days: float


@dataclass(frozen=True, slots=True)
class RiskRaised:
    """The customer has slipped away to `standing`, since `since`, by not coming since `last_purchase_at`."""

    standing: Standing
    since: datetime
    last_purchase_at: datetime
    expected_days: float


Outcome = TierChanged | Recognized | RepurchaseDue | RiskRaised


@dataclass(frozen=True, slots=True)
class Announced:
    """What has been said of a member. It is kept beside the state, and no refold takes it back.

    `tier` and `as_of` are those of the view last seen; `due_for` is the time of the last purchase after which
    the next one was said to be due, `risk_for` that after which the customer was said to slip away.
    """

    tier: str | None = None
    as_of: datetime | None = None
    recognized: bool = False
    due_for: datetime | None = None
    risk_for: datetime | None = None


def outcomes(
    program: Program,
    announced: Announced,
    after: View,
    facts: Iterable[Fact] = (),
    elsewhere: Iterable[Announced] = (),
    *,
    at_rest: bool | None = None,
) -> tuple[list[Outcome], Announced]:
    """Return what is to be announced of a member as seen in `after`, and what has been said then.

    `elsewhere` is what has been said of the member's aliases: it counts as said, but stays theirs. A person
    who was recognised under another id is not recognised once more, and when the two are parted again, what
    was said of each of them holds.

    `facts` are those that are new in it; there are none when only time has passed. A change of tier is put
    down to the new purchase or return that brought it, or to the end of a hold since the last view. Any other
    is a correction: a late fact, a merge or other rules have changed what was said before.

    That a purchase is due, or that somebody slips away, is said only when time has passed and nothing else: a
    history that is replayed would otherwise announce cycles which its very next line ends. Until then it is
    among what is `unsaid`. `at_rest` says that nothing else has changed (default: there are no facts).
    """
    facts, elsewhere = tuple(facts), tuple(elsewhere)
    found: list[Outcome] = []
    before = announced.tier or program.tiers[0].code
    if after.tier != before:
        found.append(TierChanged(before, after.tier, _cause(announced, after, facts), after.tier_since))
    known = announced.recognized or any(one.recognized for one in elsewhere)
    if after.recognized_at and not known:
        found.append(Recognized(after.recognized_at, after.purchase_count))
    at_rest = not facts if at_rest is None else at_rest
    said = unsaid(announced, after, elsewhere) if at_rest else []
    found += said
    begun = {type(one): one.last_purchase_at for one in said}
    return found, Announced(
        tier=after.tier,
        as_of=after.as_of,
        recognized=announced.recognized or (after.repeat and not known),
        due_for=begun.get(RepurchaseDue, announced.due_for),
        risk_for=begun.get(RiskRaised, announced.risk_for),
    )


def unsaid(
    announced: Announced, after: View, elsewhere: Iterable[Announced] = ()
) -> list[RepurchaseDue | RiskRaised]:
    """Return what the passing of time has brought by `after`, and was announced neither here nor `elsewhere`.

    Each is said once after a purchase, and of none that came before the one it was last said of: a return
    that takes the last purchase away brings an earlier one back, with all that was said after it.
    """
    kept_at, rhythm, interval = after.kept_at, after.rhythm, after.mean_interval
    if kept_at is None or rhythm is None or interval is None:
        return []
    told, days = [announced, *elsewhere], rhythm.expected_days
    found: list[RepurchaseDue | RiskRaised] = []
    due_at, since = after.due_at, after.standing_since
    if due_at and due_at <= after.as_of and not _is_said(kept_at, [one.due_for for one in told]):
        found.append(RepurchaseDue(due_at, kept_at, interval, days))
    if since and after.standing and not _is_said(kept_at, [one.risk_for for one in told]):
        found.append(RiskRaised(after.standing, since, kept_at, days))
    return found


def _is_said(kept_at: datetime, said: Iterable[datetime | None]) -> bool:
    return any(one is not None and kept_at <= one for one in said)


def _cause(announced: Announced, after: View, facts: Iterable[Fact]) -> Cause:
    cause, since = after.tier_cause, after.tier_since
    match cause:
        case Cause.HOLD_ENDED:
            lived = announced.as_of is None or since > announced.as_of
        case Cause.PURCHASE | Cause.RETURN:
            lived = any(fact.time == since for fact in facts)
        case _:
            lived = False
    return cause if cause and lived else Cause.CORRECTION
