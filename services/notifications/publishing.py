"""What the world is told: how an outreach ended, and which changes of customers are in effect here."""

from collections.abc import Iterable

from services.notifications.domain.outreach import Outreach, State
from wafa.contracts.envelope import Event, derive_id, make_event
from wafa.contracts.times import parse_time

SERVICE = "notifications"
SOURCE = f"/wafa/{SERVICE}"


def announcement(row: Outreach) -> Event:
    """Return the event that tells how an outreach ended; made from the stored row, so always the same.

    A mail that the server refused for good counts as suppressed, with reason `bounced`.
    """
    sent = row.state is State.SENT
    data: dict[str, object] = {
        "outreach_id": row.id,
        "customer_id": row.customer_id,
        "campaign": row.campaign,
        "step": row.step,
        "occurrence": row.occurrence,
        "channel": row.channel,
    }
    if not sent:
        data["reason"] = row.reason
    assert row.settled_at is not None
    return make_event(
        "outreach.sent.v1" if sent else "outreach.suppressed.v1",
        source=SOURCE,
        id=derive_id(row.id, "sent" if sent else "suppressed"),
        time=row.settled_at,
        data=data,
        subject=row.customer_id,
        correlation=row.correlation,
        causation=row.cause,
    )


def changes_applied(causes: Iterable[Event]) -> list[Event]:
    """Return `customer.change_applied.v1` for each change that these events tell of, once."""
    first = {event["data"]["change_id"]: event for event in reversed([*causes])}
    return [
        make_event(
            "customer.change_applied.v1",
            source=SOURCE,
            id=derive_id(change_id, SERVICE),
            time=parse_time(event["time"]),
            data={"change_id": change_id, "service": SERVICE},
            correlation=change_id,
        )
        for change_id, event in first.items()
    ]
