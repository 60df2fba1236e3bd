"""What the services publish becomes a delivery for each subscription that wants it; an erasure takes it back.

Who erases marks the person, then removes what is kept; who keeps something looks for the mark before it
writes, and again after: whichever comes second sees what the other one did.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from services.gateway.store import GatewayStore
from services.gateway.webhooks.rows import people_in, row
from wafa.contracts.envelope import Event
from wafa.contracts.receipts import changes_applied
from wafa.runtime.mongo import Document

SERVICE = "gateway"
QUEUE = "wafa.gateway"
ERASED = "customer.erased.v1"
#: Changes of who is who; customers waits until all who keep anything have confirmed them.
CHANGES = frozenset({"customer.merged.v1", "customer.unmerged.v1", ERASED})


def wanted(store: GatewayStore) -> frozenset[str]:
    """Return the types of event that have an effect here: what is subscribed to, and who is who."""
    return CHANGES.union(*(one.covers for one in store.webhooks()))


def take_in(
    events: Sequence[Event], store: GatewayStore, publish: Callable[[Sequence[Event]], None], now: datetime
) -> None:
    """Keep events for those who have subscribed, forget who was erased, and confirm that.

    Subscriptions are read for each batch, so one counts from the moment that it was answered. What a
    paused one wants is kept too.
    """
    gone = {one for event in events if event["type"] == ERASED for one in people_in(event)}
    if gone:
        store.mark_erased(gone, now)
        store.forget_answers(gone)
    webhooks = store.webhooks()
    rows = [
        row(webhook.id, event, now)
        for event in events
        for webhook in webhooks
        if event["type"] in webhook.covers
    ]
    if rows:
        rows = _without(store.erased(_people(rows)), rows)
        store.add_deliveries(rows)
        gone |= store.erased(_people(rows))
    store.forget(gone, but=ERASED)
    publish(changes_applied([one for one in events if one["type"] in CHANGES], SERVICE))


def _people(rows: Sequence[Document]) -> set[str]:
    return {one for row in rows if row["type"] != ERASED for one in row["customers"]}


def _without(erased: set[str], rows: Sequence[Document]) -> list[Document]:
    return [one for one in rows if one["type"] == ERASED or erased.isdisjoint(one["customers"])]
