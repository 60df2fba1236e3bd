"""What others may ask: who a customer is to us, what we sent or did not send, and how often.

An argument of another type than its own is an `InvalidArgument`: a query would read an object as an operator.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import msgspec

from services.notifications.domain.audience import Entry, home
from services.notifications.domain.outreach import Outreach
from services.notifications.domain.told import Told
from services.notifications.store import NotificationsStore
from wafa.contracts.cursor import BY_TIME
from wafa.runtime.arguments import check_texts, check_texts_given
from wafa.runtime.paging import asked, cut

MOST = 500


def audience(store: NotificationsStore, customer_id: str) -> dict[str, Any] | None:
    """Return the audience entry of a customer or of whom the customer was merged into; None if unknown."""
    check_texts(customer_id=customer_id)
    entries = store.entries([customer_id])
    entry = entries.get(home(entries, customer_id))
    if entry is None:
        return None
    whole = {**_plain(entry.told), "open_complaints": len(entry.open_complaints), "aliases": [*entry.aliases]}
    return _plain(entry) | whole


def outreach(
    store: NotificationsStore,
    *,
    customer_id: str | None = None,
    campaign: str | None = None,
    before: str | None = None,
    limit: int = 50,
) -> dict[str, Any]:
    """Return messages, each with its decision, last planned first: `{"outreach": [...], "next": token}`.

    Of a customer these are those of the whole person, whichever of the ids is given. `next` goes into
    `before` of the call for the next page, and is null on the last; at most 500 come at a time.
    """
    check_texts_given(customer_id=customer_id, campaign=campaign)
    place, limit = asked(BY_TIME, before, limit, MOST)
    wanted: dict[str, Any] = {"campaign": campaign} if campaign else {}
    if customer_id:
        entries, _ = store.readable_entries([customer_id])
        at = home(entries, customer_id)
        person = {customer_id, at, *(entries[at].aliases if at in entries else ())}
        wanted["customer_id"] = {"$in": sorted(person)}
    found = store.page(wanted, place, limit + 1)
    rows, following = cut(found, limit, lambda row: BY_TIME.encode(row.planned_at, row.id))
    return {"outreach": [_plain(row) for row in rows], "next": following}


def counts(store: NotificationsStore, campaign: str | None = None) -> dict[str, Any]:
    """Return how many messages there are in each state, and of those not sent how many for each reason."""
    check_texts_given(campaign=campaign)
    return summed(store.counts({"campaign": campaign} if campaign else {}))


def summed(counted: Iterable[tuple[str, str | None, int]]) -> dict[str, dict[str, int]]:
    """Return (state, reason, number of rows) as `{"states": {state: n}, "reasons": {reason: n}}`."""
    states: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for state, reason, rows in counted:
        states[state] += rows
        if reason is not None:
            reasons[reason] += rows
    return {"states": dict(states), "reasons": dict(reasons)}


def _plain(value: Entry | Told | Outreach) -> dict[str, Any]:
    """Return JSON's types only, times as RFC 3339 text."""
    plain: dict[str, Any] = msgspec.to_builtins(value)
    return plain
