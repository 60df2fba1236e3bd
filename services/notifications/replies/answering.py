"""What a customer answers through a link in a message: whether a complaint is really solved."""

from datetime import datetime
from typing import Any

from services.notifications.publishing import SOURCE
from services.notifications.refusing import refusal
from services.notifications.replies.links import ANSWER, Forged, Links
from services.notifications.store import NotificationsStore
from wafa.contracts.envelope import derive_id, make_event
from wafa.runtime.arguments import check_texts
from wafa.runtime.publisher import Publish

#: Answer -> score on a scale up to 1, of which the lowest reopens a complaint.
ANSWERS = {"no": 0, "yes": 1}


def answer(
    store: NotificationsStore, publish: Publish, links: Links, token: str, *, now: datetime
) -> dict[str, Any]:
    """Publish a customer's answer as `feedback.given.v1`, and return it: `{"answer": "no"}`.

    Who clicks twice has said it once: the event is the same to the letter, with the time of the first click.
    `{"error": {"reason", "message"}}` when the token is none of ours, or what it is about is gone.

    Raises:
        InvalidArgument: the token is no string.
        one of `TRANSIENT`: database or broker are away; nothing is forgotten if it is called again.
    """
    check_texts(token=token)
    try:
        link = links.read(token)
    except Forged as error:
        return refusal("forged", str(error))
    if link.purpose != ANSWER or link.value not in ANSWERS:
        return refusal("forged", "this link is for something else")
    row = store.rows([link.outreach_id]).get(link.outreach_id)
    complaint = row.context.get("complaint_id") if row else None
    if row is None or complaint is None:
        return refusal("unknown", "what was asked about is not kept any more")
    about = {"type": "complaint", "id": complaint, "source": row.context["source"]}
    told = {"kind": "csat", "score": ANSWERS[link.value], "scale_max": 1, "about": about}
    publish(
        [
            make_event(
                "feedback.given.v1",
                source=SOURCE,
                id=derive_id(row.id, f"answered {link.value}"),
                time=store.answered(row.id, link.value, now),
                data={"customer": {"id": row.customer_id}, "initiator": "customer", **told},
                subject=row.customer_id,
                correlation=row.correlation,
                causation=row.cause,
                traceparent=row.traceparent,
            )
        ]
    )
    return {"answer": link.value}
