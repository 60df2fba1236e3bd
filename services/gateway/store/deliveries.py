"""Deliveries in MongoDB: one for each event and subscription, and who was erased.

    {_id: "<subscription>:<event>", webhook, event, type, customers, body, at, state, attempts, due, ...}

`due` is there while a delivery waits. Whoever takes one on moves `due` to the end of the lease and leaves a
mark of its own in `claim`: what a dead worker held is due again by itself.
"""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pymongo import ASCENDING, DESCENDING
from pymongo.database import Database

from services.gateway.domain.delivery import KEPT, State
from services.gateway.store.part import Part
from wafa.runtime.indexes import create_index
from wafa.runtime.mongo import Document, insert_new
from wafa.runtime.paging import beyond

WAITING = State.WAITING.value
#: What may be read of a delivery by others: not what was sent, which is about a person.
TOLD = dict.fromkeys(("event", "type", "at", "state", "attempts", "due", "last", "delivered_at"), 1)


class Claimed(NamedTuple):
    """Deliveries that were taken on, by id, and the mark that says by whom."""

    token: str
    ids: list[str]


class DeliveryRecords(Part):
    """What is to be delivered, and what was."""

    def __init__(self, database: Database[Document]) -> None:
        super().__init__(database)
        self._deliveries = database["deliveries"]
        self._erased = database["erased"]

    def create_indexes(self) -> None:
        """Create the indexes of this part, and of the parts behind it."""
        super().create_indexes()
        create_index(
            self._deliveries,
            [("webhook", ASCENDING), ("due", ASCENDING)],
            partialFilterExpression={"due": {"$exists": True}},
        )
        newest_first = [("at", DESCENDING), ("_id", DESCENDING)]
        create_index(self._deliveries, [("webhook", ASCENDING), *newest_first])
        create_index(self._deliveries, [("webhook", ASCENDING), ("state", ASCENDING), *newest_first])
        create_index(self._deliveries, "customers")
        create_index(self._deliveries, "at", expireAfterSeconds=int(KEPT.total_seconds()))

    def add_deliveries(self, deliveries: Sequence[Document]) -> None:
        """Keep what is to be delivered; what is there already stays as it is."""
        insert_new(self._deliveries, deliveries)

    def claim(self, webhook: str, now: datetime, until: datetime, limit: int) -> Claimed:
        """Take on deliveries of a subscription that are due, the longest due first, until a moment."""
        token = uuid.uuid4().hex
        due: Document = {"webhook": webhook, "due": {"$lte": now}}
        found = list(self._deliveries.find(due, {"_id": 1}).sort("due", ASCENDING).limit(limit))
        if not found:
            return Claimed(token, [])
        these: Document = {"_id": {"$in": [one["_id"] for one in found]}}
        self._deliveries.update_many(these | due, {"$set": {"claim": token, "due": until}})
        ours = self._deliveries.find(these | {"claim": token}, {"_id": 1})
        return Claimed(token, [one["_id"] for one in ours])

    def hold(self, id: str, token: str, until: datetime) -> Document | None:
        """Return a delivery that is still ours, for another lease; None if it is not, or was forgotten."""
        ours = {"_id": id, "claim": token}
        # Two plain steps: a find-and-modify on SecantusDB takes longer, the more deliveries there are.
        if not self._deliveries.update_one(ours, {"$set": {"due": until}}).matched_count:
            return None
        return self._deliveries.find_one(ours)

    def settle(self, id: str, token: str, fields: Mapping[str, Any]) -> None:
        """Write down what became of an attempt, None takes a field away; nothing if it is no longer ours."""
        absent = {name: 1 for name, value in fields.items() if value is None}
        kept = {name: value for name, value in fields.items() if value is not None}
        self._deliveries.update_one(
            {"_id": id, "claim": token}, {"$set": kept, "$unset": {"claim": 1, **absent}}
        )

    def release(self, ids: Collection[str], token: str, due: datetime) -> None:
        """Give back what was taken on and not tried."""
        ours = {"_id": {"$in": [*ids]}, "claim": token}
        self._deliveries.update_many(ours, {"$set": {"due": due}, "$unset": {"claim": 1}})

    def hasten(self, webhook: str, now: datetime) -> None:
        """Let all that waits for its next attempt be due now."""
        waiting = {"webhook": webhook, "state": WAITING, "due": {"$gt": now}, "claim": {"$exists": False}}
        self._deliveries.update_many(waiting, {"$set": {"due": now}})

    def replay(
        self, webhook: str, since: datetime, until: datetime, types: Collection[str] | None, now: datetime
    ) -> int:
        """Let what arrived from `since` until before `until` be delivered again; return how much that is.

        What waits for delivery anyway is not counted, and not changed.
        """
        wanted: Document = {
            "webhook": webhook,
            "state": {"$in": [State.DELIVERED.value, State.FAILED.value]},
            "at": {"$gte": since, "$lt": until},
        }
        if types is not None:
            wanted["type"] = {"$in": [*types]}
        again = {"$set": {"state": WAITING, "attempts": 0, "due": now}, "$unset": {"delivered_at": 1}}
        return self._deliveries.update_many(wanted, again).modified_count

    def deliveries(
        self, webhook: str, state: str | None, before: tuple[datetime, str] | None, limit: int
    ) -> list[Document]:
        """Return deliveries of a subscription, the newest first, without what was sent.

        `before` are `at` and `_id` of the last one of the page before.
        """
        wanted: Document = {"webhook": webhook, **beyond(before, "at")}
        if state is not None:
            wanted["state"] = state
        newest_first = [("at", DESCENDING), ("_id", DESCENDING)]
        return list(self._deliveries.find(wanted, TOLD).sort(newest_first).limit(limit))

    def oldest_waiting(self, webhook: str) -> datetime | None:
        """Return when the oldest event arrived that a subscription is still to get."""
        waiting = {"webhook": webhook, "state": WAITING}
        found = self._deliveries.find(waiting, {"at": 1}).sort([("at", ASCENDING), ("_id", 1)]).limit(1)
        return next((one["at"] for one in found), None)

    def remove_deliveries(self, webhook: str) -> None:
        """Forget all that was for a subscription."""
        self._deliveries.delete_many({"webhook": webhook})

    def mark_erased(self, customer_ids: Iterable[str], at: datetime) -> None:
        """Remember for ever that these are erased: by their ids, which say nothing of whose they were."""
        insert_new(self._erased, [{"_id": one, "at": at} for one in sorted({*customer_ids})])

    def erased(self, customer_ids: Iterable[str]) -> set[str]:
        """Return which of these are erased."""
        return {one["_id"] for one in self._erased.find({"_id": {"$in": [*customer_ids]}}, {"_id": 1})}

    def forget(self, customer_ids: Collection[str], but: str) -> None:
        """Remove all deliveries about these, delivered or not, but those of one type."""
        if customer_ids:
            self._deliveries.delete_many({"customers": {"$in": [*customer_ids]}, "type": {"$ne": but}})
