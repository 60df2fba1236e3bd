"""What a link in a message is for. Mail scanners follow links: whoever only looks changes nothing."""

from typing import Any

from services.notifications.refusing import refusal
from services.notifications.replies.answering import ANSWERS
from services.notifications.replies.links import ANSWER, UNSUBSCRIBE, Forged, Links
from services.notifications.store import NotificationsStore
from wafa.runtime.arguments import check_texts


def opened(store: NotificationsStore, links: Links, token: str) -> dict[str, Any]:
    """Return `{"purpose": "unsubscribe", "channel"}` or `{"purpose": "answer", "answer"}`.

    Nothing in it is about the person. `{"error": {"reason", "message"}}` when the token is none of ours, or
    what it is about is gone.

    Raises:
        InvalidArgument: the token is no string.
        one of `TRANSIENT`: the database is away.
    """
    check_texts(token=token)
    try:
        link = links.read(token)
    except Forged as error:
        return refusal("forged", str(error))
    row = store.rows([link.outreach_id]).get(link.outreach_id)
    if row is None:
        return refusal("unknown", "the message that this link came with is not known any more")
    if link.purpose == UNSUBSCRIBE:
        return {"purpose": UNSUBSCRIBE, "channel": row.channel}
    if link.purpose != ANSWER or link.value not in ANSWERS:
        return refusal("forged", "this link is for something else")
    if "complaint_id" not in row.context:
        return refusal("unknown", "what was asked about is not kept any more")
    return {"purpose": ANSWER, "answer": link.value}
