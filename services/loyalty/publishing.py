"""What loyalty has seen -> the events that say so, and the snapshot that they and queries show."""

from datetime import datetime
from typing import Any

from services.loyalty.domain.days import day_of, start_of
from services.loyalty.domain.money import from_minor
from services.loyalty.domain.outcomes import Outcome, Recognized, RepurchaseDue, RiskRaised, TierChanged
from services.loyalty.domain.outlook.rhythm import COVERAGE
from services.loyalty.domain.program import Program
from services.loyalty.domain.view import View
from wafa.contracts.envelope import Event, derive_id, make_event
from wafa.contracts.times import format_time

SERVICE = "loyalty"
SOURCE = f"/wafa/{SERVICE}"
# Nobody waits longer; and dates have an end.
MOST_DAYS = 100_000


def snapshot(view: View, program: Program) -> dict[str, Any]:
    """Return the figures of a member as the contract words them, without what is absent."""
    expiring, above = view.points_expiring, view.next_tier
    figures = {
        "as_of": format_time(view.as_of),
        "tier": view.tier,
        "tier_since": format_time(view.tier_since),
        "tier_held_until": _time(view.tier_held_until),
        "qualifying_spend": _money(view.qualifying_spend, program),
        "spend": _money(view.spend, program),
        "points": view.points,
        "points_expiring": {"points": expiring.points, "at": format_time(expiring.at)} if expiring else None,
        "purchase_count": view.purchase_count,
        "first_purchase_at": _time(view.first_purchase_at),
        "last_purchase_at": _time(view.last_purchase_at),
        "repeat": view.repeat,
        "recognized_at": _time(view.recognized_at),
        "due_at": _time(view.due_at),
        "due_window": _window(view),
        "expected_interval_days": _days(view.rhythm.expected_days) if view.rhythm else None,
        "standing": view.standing.value if view.standing else None,
        "at_risk_at": _time(view.at_risk_at),
        "lost_at": _time(view.lost_at),
        "next_tier": {"tier": above.tier, "missing": _money(above.missing, program)} if above else None,
    }
    return {name: value for name, value in figures.items() if value is not None}


def member_updated(member: dict[str, Any]) -> Event:
    """Return `loyalty.member_updated.v1` of a stored member; its version makes order and repeats harmless."""
    customer_id, version = member["_id"], member["version"]
    return make_event(
        "loyalty.member_updated.v1",
        source=SOURCE,
        id=derive_id(customer_id, f"member {version}"),
        time=member["updated_at"],
        data={"customer_id": customer_id, "version": version, **member["snapshot"]},
        subject=customer_id,
        correlation=member.get("correlation_id"),
        traceparent=member.get("traceparent"),
    )


def announcement(
    outcome: Outcome, customer_id: str, cause: str, correlation: str | None, now: datetime
) -> Event:
    """Return the event that announces an outcome. `cause` is what brought it about, for its id."""
    data: dict[str, Any]
    match outcome:
        case TierChanged():
            kind, id, time = "loyalty.tier_changed.v1", derive_id(cause, "tier_changed"), now
            data = {"from": outcome.before, "to": outcome.after, "cause": outcome.cause.value}
        case Recognized():
            # Once per customer, whatever brings it about: the id names the customer alone.
            kind, id, time = (
                "customer.recognized.v1",
                derive_id(customer_id, "recognized"),
                outcome.recognized_at,
            )
            data = {"recognized_at": format_time(time), "purchase_count": outcome.purchase_count}
        case RepurchaseDue():
            # Once per cycle: a cycle is known by the purchase that began it.
            last = format_time(outcome.last_purchase_at)
            kind, id, time = "repurchase.due.v1", derive_id(customer_id, f"due {last}"), outcome.due_at
            days = round(outcome.mean_interval.total_seconds() / 86_400, 1)
            data = {
                "due_at": format_time(time),
                "last_purchase_at": last,
                "mean_interval_days": days,
                "expected_interval_days": _days(outcome.expected_days),
            }
        case RiskRaised():
            # Once per spell, which begins with the last purchase, too.
            last = format_time(outcome.last_purchase_at)
            kind, id, time = "churn.risk_raised.v1", derive_id(customer_id, f"risk {last}"), outcome.since
            data = {
                "standing": outcome.standing.value,
                "since": format_time(time),
                "last_purchase_at": last,
                "expected_interval_days": _days(outcome.expected_days),
            }
    return make_event(
        kind,
        source=SOURCE,
        id=id,
        time=time,
        data={"customer_id": customer_id, **data},
        subject=customer_id,
        correlation=correlation,
        causation=cause,
    )


def _window(view: View) -> dict[str, Any] | None:
    """Return the whole days on which the next purchase comes as likely as not, of those that are left."""
    if view.kept_at is None or view.rhythm is None:
        return None
    kept_on = day_of(view.kept_at)
    early, late = view.rhythm.window(max(0, day_of(view.as_of) - kept_on))
    first, last = (start_of(kept_on + int(min(days, MOST_DAYS))) for days in (early, late + 1))
    return {"since": format_time(first), "until": format_time(last), "share": COVERAGE}


def _days(days: float) -> float:
    return round(min(days, MOST_DAYS), 1)


def _money(minor: int, program: Program) -> dict[str, str]:
    return {"amount": f"{from_minor(minor, program):f}", "currency": program.base_currency}


def _time(moment: datetime | None) -> str | None:
    return format_time(moment) if moment else None
