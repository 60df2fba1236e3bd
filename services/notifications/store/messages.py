"""The rows of messages: planned once, claimed by one sender at a time, settled, announced."""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from pymongo import ReplaceOne, UpdateOne
from pymongo.database import Database

from services.notifications.documents import document_of, row_of
from services.notifications.domain.decision import Reason
from services.notifications.domain.outreach import CONTACTED, ERASED, LIVE, Outreach, State
from services.notifications.store.part import Part
from wafa.runtime.indexes import create_index
from wafa.runtime.mongo import Document, drop_index, insert_new
from wafa.runtime.paging import beyond

#: Of an earlier release: the one with the campaign does what it did.
_OLD_INDEX = "state_1_not_before_1"


class Messages(Part):
    """One row a message. Each method is one round trip where it does not say otherwise."""

    def __init__(self, database: Database[Document]) -> None:
        super().__init__(database)
        self._outreach = database["outreach"]

    def create_indexes(self) -> None:
        """Create the indexes that are missing; safe to repeat."""
        super().create_indexes()
        # The campaign too: what is due of one that is paused is passed over without being read.
        create_index(self._outreach, [("state", 1), ("not_before", 1), ("campaign", 1)])
        drop_index(self._outreach, _OLD_INDEX)
        create_index(self._outreach, [("customer_id", 1), ("planned_at", -1), ("_id", -1)])
        create_index(self._outreach, [("campaign", 1), ("planned_at", -1), ("_id", -1)])
        create_index(self._outreach, "announce_by", sparse=True)

    def plan(self, rows: Iterable[Outreach]) -> None:
        """Add rows; one that is there already stays as it is."""
        insert_new(self._outreach, [document_of(row) for row in rows])

    def forget(self, customer_ids: Iterable[str], now: datetime) -> None:
        """Take whatever may be personal from these customers' rows; what has not gone out never will."""
        of_them: Document = {"customer_id": {"$in": list(customer_ids)}}
        personal = dict.fromkeys(
            ("reply", "decision", "language", "tier", "context", "sent_to", "traceparent"), 1
        )
        dropped = {"state": State.DROPPED, "reason": Reason.NO_ADDRESS, "settled_at": now, "announce_by": now}
        # Without its claim nobody who has a row in hand can settle it any more.
        self._outreach.update_many(
            {**of_them, "state": {"$in": list(LIVE)}},
            {"$set": dropped, "$unset": {**personal, "claim": 1}},
        )
        # The publisher chose this one: it may be the number of an order.
        self._outreach.update_many(of_them, {"$unset": personal, "$set": {"correlation": ERASED}})
        # That somebody bought stays for the figures of the campaign, without what leads back to the purchase.
        bought: Document = {**of_them, "converted": {"$exists": True}}
        self._outreach.update_many(bought, {"$set": {"converted.purchase_id": ERASED}})

    def drop_due(self, now: datetime) -> int:
        """Let nothing go out that is due by now; return how many messages that were."""
        due: Document = {"state": {"$in": list(LIVE)}, "not_before": {"$lte": now}}
        dropped = {"state": State.DROPPED, "reason": Reason.EXPIRED, "settled_at": now, "announce_by": now}
        return self._outreach.update_many(due, {"$set": dropped, "$unset": {"claim": 1}}).modified_count

    def claim(
        self, now: datetime, until: datetime, limit: int, without: Collection[str] = ()
    ) -> list[Outreach]:
        """Take up to `limit` rows that are due: until `until` they are nobody else's. Three round trips.

        Campaigns in `without` are left alone. Two who claim at once may find the same rows; each row then
        goes to one of them, and the other looks again.
        """
        due: Document = {"state": {"$in": list(LIVE)}, "not_before": {"$lte": now}}
        if without:
            due["campaign"] = {"$nin": [*without]}
        taken = {"state": State.CLAIMED, "claim": uuid.uuid4().hex, "not_before": until}
        while found := list(self._outreach.find(due, {"_id": 1}).sort("not_before", 1).limit(limit)):
            these = {"_id": {"$in": [row["_id"] for row in found]}}
            if self._outreach.update_many({**these, **due}, {"$set": taken}).modified_count:
                return self._rows({**these, "claim": taken["claim"]})
        return []

    def begin(self, claim: str, ids: Collection[str]) -> None:
        """Note that these rows are being handed over: should nobody settle them, they may have gone out."""
        self._outreach.update_many({"_id": {"$in": [*ids]}, "claim": claim}, {"$set": {"begun": True}})

    def settle(self, claim: str, rows: Sequence[Outreach]) -> None:
        """Write rows back that were taken with `claim`; a row whose claim lapsed is its new owner's."""
        if rows:
            self._outreach.bulk_write(
                [ReplaceOne({"_id": row.id, "claim": claim}, document_of(row)) for row in rows], ordered=False
            )

    def renew(self, claim: str, ids: Sequence[str], until: datetime) -> set[str]:
        """Hold these rows until `until`; return those that are still held with `claim`.

        One round trip, and one more when some are not.
        """
        ours = {"_id": {"$in": list(ids)}, "claim": claim}
        held = self._outreach.update_many(ours, {"$set": {"not_before": until}}).matched_count
        if held == len(ids):
            return set(ids)
        return {row["_id"] for row in self._outreach.find(ours, {"_id": 1})}

    def held(self, claim: str, ids: Collection[str]) -> set[str]:
        """Return those of the rows that are still held with `claim`."""
        ours = {"_id": {"$in": [*ids]}, "claim": claim}
        return {row["_id"] for row in self._outreach.find(ours, {"_id": 1})}

    def release(self, claim: str, now: datetime) -> None:
        """Give back what is still held with `claim`."""
        given_back = {"$set": {"state": State.PLANNED, "not_before": now}, "$unset": {"claim": 1, "begun": 1}}
        self._outreach.update_many({"state": State.CLAIMED, "claim": claim}, given_back)

    def look_again(self, customer_ids: Collection[str], now: datetime) -> None:
        """Let messages to these ids that wait for room under the cap be decided on now."""
        waiting: Document = {
            "customer_id": {"$in": [*customer_ids]},
            "state": State.PLANNED,
            "reason": Reason.FREQUENCY_CAP,
            "not_before": {"$gt": now},
        }
        self._outreach.update_many(waiting, {"$set": {"not_before": now}})

    def settled(self, ids: Sequence[str]) -> list[Outreach]:
        """Return those of the rows that are settled and not yet announced."""
        return self._rows({"_id": {"$in": list(ids)}, "announce_by": {"$exists": True}})

    def unannounced(self, now: datetime, limit: int) -> list[Outreach]:
        """Return settled rows that somebody should have announced by now."""
        return self._rows({"announce_by": {"$lte": now}}, limit)

    def oldest_pending(self, now: datetime) -> datetime | None:
        """Return since when the oldest has waited: a settled row to be announced, a claim that has lapsed."""
        settled = self._outreach.find({"announce_by": {"$exists": True}}, {"settled_at": 1})
        lapsed = self._outreach.find({"state": State.CLAIMED, "not_before": {"$lte": now}}, {"not_before": 1})
        found = [*settled.sort("announce_by", 1).limit(1), *lapsed.sort("not_before", 1).limit(1)]
        since = [row.get("settled_at") or row.get("not_before") for row in found]
        return min((one for one in since if isinstance(one, datetime)), default=None)

    def bounced(self, replies: Mapping[str, str]) -> None:
        """Note of messages that had been taken over, by id, that they came back, and why."""
        writes = [
            UpdateOne(
                {"_id": one, "state": State.SENT},
                {"$set": {"state": State.BOUNCED, "reason": Reason.BOUNCED, "reply": why}},
            )
            for one, why in replies.items()
        ]
        if writes:
            self._outreach.bulk_write(writes, ordered=False)

    def answered(self, row_id: str, answer: str, now: datetime) -> datetime:
        """Note that a message was answered, and return when that was for the first time. Two round trips."""
        name = f"answered.{answer}"
        self._outreach.update_one({"_id": row_id, name: {"$exists": False}}, {"$set": {name: now}})
        found = self._outreach.find_one({"_id": row_id}, {name: 1}) or {}
        at: datetime = found.get("answered", {}).get(answer, now)
        return at

    def rows(self, ids: Collection[str]) -> dict[str, Outreach]:
        """Return the rows with these ids, by id."""
        return {row.id: row for row in self._rows({"_id": {"$in": [*ids]}})}

    def announce_later(self, rows: Sequence[Outreach], delay: timedelta) -> None:
        """Leave these rows for somebody else, who looks again after `delay`."""
        self._outreach.bulk_write(
            [
                UpdateOne(
                    {"_id": row.id, "announce_by": row.announce_by},
                    {"$set": {"announce_by": row.announce_by + delay}},
                )
                for row in rows
                if row.announce_by
            ],
            ordered=False,
        )

    def announced(self, ids: Sequence[str]) -> None:
        """Note that the world has been told of these rows."""
        self._outreach.update_many({"_id": {"$in": list(ids)}}, {"$unset": {"announce_by": 1}})

    def of_people(
        self, ids: Collection[str], since: datetime, campaigns: Collection[str], several: Collection[str]
    ) -> list[Outreach]:
        """Return the messages to these ids that are still to come, or went out after `since`.

        Of `several`, the ids of people who have more than one, also every row of these campaigns.
        """
        recent: list[Document] = [
            {"state": {"$in": list(LIVE)}},
            {"state": {"$in": list(CONTACTED)}, "settled_at": {"$gte": since}},
        ]
        if several:
            recent.append({"customer_id": {"$in": [*several]}, "campaign": {"$in": [*campaigns]}})
        return self._rows({"customer_id": {"$in": [*ids]}, "$or": recent})

    def page(self, wanted: Document, before: tuple[datetime, str] | None, limit: int) -> list[Outreach]:
        """Return rows with these field values, last planned first, from after `before` (planned_at, id)."""
        wanted = {**wanted, **beyond(before, "planned_at")}
        found = self._outreach.find(wanted).sort([("planned_at", -1), ("_id", -1)]).limit(limit)
        return [row_of(document) for document in found]

    def counts(self, wanted: Document) -> list[tuple[str, str | None, int]]:
        """Return (state, reason, number of rows) of all rows with these field values."""
        group = {"_id": {"state": "$state", "reason": "$reason"}, "rows": {"$sum": 1}}
        found = self._outreach.aggregate([{"$match": wanted}, {"$group": group}])
        return [(one["_id"]["state"], one["_id"].get("reason"), one["rows"]) for one in found]

    def _rows(self, wanted: Document, limit: int = 0) -> list[Outreach]:
        return [row_of(document) for document in self._outreach.find(wanted).limit(limit)]
