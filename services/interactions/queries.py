"""What others may ask of interactions. Everything returned is JSON."""

from datetime import datetime
from typing import Any

from services.interactions.caseview import shown_case
from services.interactions.showing import shown
from services.interactions.store import InteractionStore
from wafa.contracts.cursor import BY_TIME
from wafa.contracts.times import format_time
from wafa.runtime.arguments import check_texts, check_texts_given
from wafa.runtime.paging import asked, cut

MOST = 200
MOST_REJECTED = 1000


def timeline(store: InteractionStore, customer_id: str, before: str | None, limit: int) -> dict[str, Any]:
    """Return `{"interactions": [...], "next"}` of a person, newest first; `next` is the next page's `before`.

    `customer_id` is any id of the person: of who stayed after a merge, or of who was merged.

    Raises:
        InvalidArgument: an argument is not as it should be.
    """
    check_texts(customer_id=customer_id)
    place, limit = asked(BY_TIME, before, limit, MOST)
    found = store.timeline(store.person(customer_id), place, limit + 1)
    records, following = cut(found, limit, lambda one: BY_TIME.encode(one["time"], one["_id"]))
    return {"interactions": [shown(record) for record in records], "next": following}


def card(store: InteractionStore, customer_id: str, now: datetime) -> dict[str, Any]:
    """Return what staff should know from past interactions: open complaints, last purchase, last feedback.

    They are those of the whole person, whichever of its ids is given.

    Raises:
        InvalidArgument: the id is no string.
    """
    check_texts(customer_id=customer_id)
    person = store.person(customer_id)
    purchase = store.latest(person, "purchase.completed.v1")
    feedback = store.latest(person, "feedback.given.v1")
    return {
        "open_cases": [shown_case(case, now) for case in store.cases.open_of(person)],
        "last_purchase": shown(purchase) if purchase else None,
        "last_feedback": shown(feedback) if feedback else None,
    }


def totals(store: InteractionStore) -> list[dict[str, Any]]:
    """Return the number of records, and their money in minor units, per type and currency."""
    return [
        {
            "type": group["_id"]["type"],
            "currency": group["_id"].get("currency"),
            "records": group["records"],
            "minor": group["minor"],
        }
        for group in store.totals()
    ]


def rejected(
    store: InteractionStore,
    status: str | None,
    reason: str | None,
    limit: int,
    before: str | None = None,
) -> dict[str, Any]:
    """Return quarantine entries, newest first, and how many are open for each reason.

    `next` is the next page's `before`, null on the last; at most 1,000 come at a time.

    Raises:
        InvalidArgument: an argument is not as it should be.
    """
    check_texts_given(status=status, reason=reason)
    place, limit = asked(BY_TIME, before, limit, MOST_REJECTED)
    found = store.rejected(status, reason, place, limit + 1)
    entries, following = cut(found, limit, lambda one: BY_TIME.encode(one["received_at"], one["_id"]))
    return {
        "rejected": [_plain(entry) for entry in entries],
        "open": store.rejected_counts(),
        "next": following,
    }


def rejected_entry(store: InteractionStore, rejection_id: str) -> dict[str, Any] | None:
    """Return one quarantine entry, with the refused bytes as text (undecodable ones escaped).

    Raises:
        InvalidArgument: the id is no string.
    """
    check_texts(rejection_id=rejection_id)
    entry = store.rejected_entry(rejection_id)
    if entry is None:
        return None
    return {**_plain(entry), "body": bytes(entry.get("body", b"")).decode("utf-8", "backslashreplace")}


def _plain(document: dict[str, Any]) -> dict[str, Any]:
    plain = {
        name: format_time(value) if isinstance(value, datetime) else value for name, value in document.items()
    }
    plain["id"] = plain.pop("_id")
    return plain
