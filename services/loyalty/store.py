"""Where loyalty keeps members and their ledger. MongoDB is known here and in `offering` and `models`."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime

from pymongo import ASCENDING, IndexModel, UpdateOne
from pymongo.database import Database

from services.loyalty.models.store import ModelStore
from services.loyalty.offering.store import OfferStore
from wafa.runtime.indexes import create_index, create_indexes
from wafa.runtime.mongo import Document, by_id, insert_new, replace_guarded

# What has folded at least one fact: no alias, no tombstone, nobody whose facts are all of others.
_MEMBERS: Document = {"state.last": {"$ne": None}}
_PENDING = {"pending.key": 1, "pending_since": 1, "unsettled_since": 1}


class LoyaltyStore:
    """Members (aggregates, guarded by version), and ledger rows (immutable; a row is its event's receipt)."""

    def __init__(self, database: Database[Document]) -> None:
        self._members = database["members"]
        self._ledger = database["ledger"]
        self._progress = database["progress"]
        self.models = ModelStore(database)
        self.offers = OfferStore(database)

    def create_indexes(self) -> None:
        """Create the indexes that are missing."""
        self.offers.create_indexes()
        create_index(self._ledger, [("customer_id", ASCENDING), ("time", ASCENDING)], name="customer")
        create_indexes(
            self._members,
            [
                IndexModel("wakes_at", name="wakes", partialFilterExpression={"wakes_at": {"$exists": True}}),
                IndexModel(
                    "pending_since",
                    name="pending",
                    partialFilterExpression={"pending_since": {"$exists": True}},
                ),
                IndexModel(
                    "unsettled_since",
                    name="unsettled",
                    partialFilterExpression={"unsettled_since": {"$exists": True}},
                ),
                IndexModel(
                    "merged.into",
                    name="aliases",
                    partialFilterExpression={"merged.into": {"$exists": True}},
                ),
            ],
        )

    def members(self, ids: Iterable[str]) -> dict[str, Document]:
        """Return the members among these customers. Read them before their receipts, never after."""
        return by_id(self._members, ids)

    def pointing_to(self, ids: Iterable[str]) -> list[Document]:
        """Return the aliases that point to these customers. Read them after the customers, never before."""
        return list(self._members.find({"merged.into": {"$in": list(ids)}}))

    def receipts(self, keys: Iterable[str]) -> Collection[str]:
        """Return those of the event keys whose effects are out."""
        return by_id(self._ledger, keys, {"_id": 1}).keys()

    def filed(self, keys: Iterable[str]) -> list[Document]:
        """Return the ledger rows of these keys."""
        return [*by_id(self._ledger, keys).values()]

    def ledger(self, customer_ids: Iterable[str]) -> dict[str, list[Document]]:
        """Return all ledger rows of these customers, by customer."""
        rows: dict[str, list[Document]] = {customer_id: [] for customer_id in customer_ids}
        for row in self._ledger.find({"customer_id": {"$in": list(rows)}}):
            rows[row["customer_id"]].append(row)
        return rows

    def save(self, members: Sequence[Document]) -> set[str]:
        """Write members, each if its version has not moved meanwhile; return those that had."""
        return replace_guarded(self._members, members)

    def file(self, rows: Sequence[Document]) -> None:
        """File ledger rows; one that is filed already stays as it is."""
        insert_new(self._ledger, rows)

    def forget_words(self, customer_ids: Iterable[str]) -> None:
        """Take from the ledger rows of erased customers the numbers that others gave, and words of theirs."""
        of_them: Document = {"customer_id": {"$in": list(customer_ids)}}
        for name in ("purchase", "grant", "reason", "names"):
            field = f"fact.{name}"
            self._ledger.update_many({**of_them, field: {"$exists": True}}, {"$set": {field: "erased"}})

    def drop_pending(self, members: Sequence[Document]) -> None:
        """Empty `pending` of members that are still as given: everything in it is out."""
        if members:
            drop = {"$set": {"pending": []}, "$unset": {"pending_since": "", "unsettled_since": ""}}
            wanted = ({"_id": member["_id"], "version": member["version"]} for member in members)
            self._members.bulk_write([UpdateOne(one, drop) for one in wanted], ordered=False)

    def waking(self, now: datetime, limit: int) -> list[Document]:
        """Return members for whom something changes by itself by `now`, the longest overdue first."""
        return list(self._members.find({"wakes_at": {"$lte": now}}).sort("wakes_at", ASCENDING).limit(limit))

    def pending_between(self, after: datetime, upto: datetime) -> Iterator[Document]:
        """Yield what is pending of members whose oldest pending effect is of this span of time, in order."""
        wanted = {"pending_since": {"$gt": after, "$lte": upto}}
        return iter(self._members.find(wanted, _PENDING).sort("pending_since", ASCENDING))

    def unsettled(self, upto: datetime) -> Iterator[Document]:
        """Yield what is pending of members with effects of no event that are unsettled, the oldest first."""
        wanted = {"unsettled_since": {"$lte": upto}}
        return iter(self._members.find(wanted, _PENDING).sort("unsettled_since", ASCENDING))

    def swept_upto(self) -> datetime:
        """Return the moment up to which nothing pending is unsettled."""
        found = self._progress.find_one({"_id": "sweep"})
        return found["upto"] if found else datetime.fromtimestamp(0, UTC)

    def note_swept(self, upto: datetime) -> None:
        """Note that nothing pending up to this moment is unsettled."""
        self._progress.update_one({"_id": "sweep"}, {"$max": {"upto": upto}}, upsert=True)

    def page(self, after: str | None, limit: int, wanted: Document | None = None) -> list[Document]:
        """Return documents of members, aliases, ... in the order of their ids, from the one after `after`."""
        wanted = {**(wanted or {}), **({} if after is None else {"_id": {"$gt": after}})}
        return list(self._members.find(wanted).sort("_id", ASCENDING).limit(limit))

    def page_of_members(self, after: str | None, limit: int) -> list[Document]:
        """Return those who have bought and are no alias, in the order of their ids."""
        return self.page(after, limit, _MEMBERS)

    def page_told(self, after: str | None, limit: int) -> list[Document]:
        """Return those of whom figures were published and still hold, in the order of their ids."""
        return self.page(after, limit, {"state": {"$exists": True}, "snapshot": {"$exists": True}})

    def ledger_customers(self, after: str | None, upto: str | None) -> set[str]:
        """Return the customers in the ledger whose ids follow `after`, as far as `upto` if that is given."""
        bounds = {"$gt": after, "$lte": upto}
        wanted = {name: bound for name, bound in bounds.items() if bound is not None}
        return set(self._ledger.distinct("customer_id", {"customer_id": wanted} if wanted else {}))

    def summary(self) -> list[Document]:
        """Return the number of members, and sums of their figures, per tier and repeat."""
        figures = ("spend", "points", "purchases")
        group: Document = {
            "_id": {"tier": "$snapshot.tier", "repeat": "$snapshot.repeat"},
            "members": {"$sum": 1},
        }
        sums = {"spend": "$spend", "points": "$snapshot.points", "purchases": "$snapshot.purchase_count"}
        group |= {name: {"$sum": sums[name]} for name in figures}
        return list(self._members.aggregate([{"$match": _MEMBERS}, {"$group": group}]))
