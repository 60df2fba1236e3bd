"""What the world is told: how an outreach ended, what came of it, and points that a journey gives."""

from services.notifications.domain.campaign import Grant
from services.notifications.domain.outreach import CONTACTED, Outreach
from wafa.contracts.currencies import money_of
from wafa.contracts.envelope import Event, derive_id, make_event
from wafa.contracts.times import format_time

SERVICE = "notifications"
SOURCE = f"/wafa/{SERVICE}"


def announcement(row: Outreach) -> Event:
    """Return the event that tells how an outreach ended; made from the stored row, so always the same.

    A message that was refused for good counts as suppressed, with reason `bounced`. One that came back later
    had been sent all the same.
    """
    sent = row.state in CONTACTED
    assert row.settled_at is not None
    return make_event(
        "outreach.sent.v1" if sent else "outreach.suppressed.v1",
        source=SOURCE,
        id=derive_id(row.id, "sent" if sent else "suppressed"),
        time=row.settled_at,
        data=_of(row) if sent else {**_of(row), "reason": row.reason},
        subject=row.customer_id,
        correlation=row.correlation,
        causation=row.cause,
        traceparent=row.traceparent,
    )


def converted(row: Outreach) -> Event:
    """Return the event that tells of the first purchase after an outreach.

    Should an earlier one come to light, that is another event with an id of its own; the earliest holds.
    """
    purchase = row.converted
    assert purchase is not None
    return make_event(
        "outreach.converted.v1",
        source=SOURCE,
        id=derive_id(row.id, f"converted {purchase.purchase_id}"),
        time=purchase.at,
        data={
            **_of(row),
            "at": format_time(purchase.at),
            "total": money_of(purchase.minor, purchase.currency),
            "held_out": row.state not in CONTACTED,
        },
        subject=row.customer_id,
        correlation=row.correlation,
        causation=row.cause,
        traceparent=row.traceparent,
    )


def granted(row: Outreach, grant: Grant) -> Event:
    """Return the event that gives points: what loyalty does with it, it does once for each id."""
    assert row.settled_at is not None
    grant_id = derive_id(row.id, "granted")
    return make_event(
        "points.granted.v1",
        source=SOURCE,
        id=grant_id,
        time=row.settled_at,
        data={
            "customer": {"id": row.customer_id},
            "grant_id": grant_id,
            "points": grant.points,
            "reason": grant.reason,
            "initiator": "company",
        },
        subject=row.customer_id,
        correlation=row.correlation,
        causation=row.cause,
        traceparent=row.traceparent,
    )


def _of(row: Outreach) -> dict[str, object]:
    return {
        "outreach_id": row.id,
        "customer_id": row.customer_id,
        "campaign": row.campaign,
        "step": row.step,
        "occurrence": row.occurrence,
        "channel": row.channel,
    }
