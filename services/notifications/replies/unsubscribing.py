"""A customer follows the link that ends it: the consent is withdrawn, as if it had been said in the shop."""

from datetime import datetime
from typing import Any

from services.notifications.domain.campaign import Purpose
from services.notifications.domain.outreach import Outreach
from services.notifications.publishing import SOURCE
from services.notifications.refusing import refusal
from services.notifications.replies.links import UNSUBSCRIBE, Forged, Links
from services.notifications.store import NotificationsStore
from wafa.contracts.envelope import Event, derive_id, make_event
from wafa.contracts.times import format_time
from wafa.runtime.arguments import check_texts
from wafa.runtime.publisher import Publish


def unsubscribe(
    store: NotificationsStore, publish: Publish, links: Links, token: str, *, now: datetime
) -> dict[str, Any]:
    """Withdraw the consent to messages like the one that the token came with; return its channel.

    As often as it is called: who has allowed it again since and clicks on the old link means it. The answer
    says nothing about the person. `{"error": {"reason", "message"}}` when the token is none of ours.

    Raises:
        InvalidArgument: the token is no string.
        one of `TRANSIENT`: database or broker are away; nothing is forgotten if it is called again.
    """
    check_texts(token=token)
    try:
        link = links.read(token)
    except Forged as error:
        return refusal("forged", str(error))
    if link.purpose != UNSUBSCRIBE:
        return refusal("forged", "this link is for something else")
    row = store.rows([link.outreach_id]).get(link.outreach_id)
    if row is None:
        return refusal("unknown", "the message that this link came with is not known any more")
    entries, _ = store.readable_entries([row.customer_id])
    entry = entries.get(row.customer_id)
    if not (entry and entry.erased):
        publish(withdrawals(row, now))
    return {"unsubscribed": row.channel}


def withdrawals(row: Outreach, now: datetime) -> list[Event]:
    """Return what is published when a link in this message is followed at this moment."""
    # Whoever ends a service message means just that one.
    purposes = sorted({"marketing", Purpose(str((row.decision or {}).get("purpose", "marketing"))).consent})
    return [withdrawal(row, purpose, now) for purpose in purposes]


def withdrawal(row: Outreach, purpose: str, at: datetime, how: str = "withdrawn") -> Event:
    """Return what is published when a customer wants no more of a purpose on this message's channel.

    `how` they have said so: by the link (`withdrawn`), or by calling it spam (`reported`).
    """
    return make_event(
        "consent.changed.v1",
        source=SOURCE,
        id=derive_id(row.id, f"{purpose} {how} {format_time(at)}"),
        time=at,
        data={
            "customer": {"id": row.customer_id},
            "initiator": "customer",
            "channel": row.channel,
            "purpose": purpose,
            "status": "withdrawn",
            "evidence": f"outreach {row.id}" + (f", {how}" if how != "withdrawn" else ""),
        },
        causation=row.id,
        traceparent=row.traceparent,
    )
