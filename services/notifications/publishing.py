"""What the world is told: how an outreach ended."""

from services.notifications.domain.outreach import Outreach, State
from wafa.contracts.envelope import Event, derive_id, make_event

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
