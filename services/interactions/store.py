"""Where interactions keep their records: the only module here that knows MongoDB."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel, ReplaceOne, UpdateOne
from pymongo.database import Database
from pymongo.errors import BulkWriteError

from services.interactions.recording import Record
from wafa.runtime.mongo import DUPLICATE_KEY, Document, by_id, insert_new


class InteractionStore:
    """Records, cases, and what was refused."""

    def __init__(self, database: Database[Document]) -> None:
        self._records = database["interactions"]
        self._cases = database["cases"]
        self._rejected = database["rejected"]

    def create_indexes(self) -> None:
        """Create the indexes that are missing."""
        by_customer = [("customer_id", ASCENDING), ("time", DESCENDING), ("_id", DESCENDING)]
        self._records.create_indexes(
            [
                IndexModel(by_customer, name="timeline"),
                IndexModel("case_id", name="case", partialFilterExpression={"case_id": {"$exists": True}}),
            ]
        )
        self._cases.create_index([("customer_id", ASCENDING), ("status", ASCENDING)], name="customer")
        self._rejected.create_index([("status", ASCENDING), ("received_at", DESCENDING)], name="status")

    def add(self, records: Sequence[Record]) -> dict[str, Record]:
        """Insert records in one round trip; return those that were there already, as they are stored."""
        return by_id(self._records, insert_new(self._records, records))

    def recorded(self, keys: Iterable[str]) -> dict[str, Record]:
        """Return the records that there are of these events, by key."""
        return by_id(self._records, keys)

    def records_of_cases(self, case_ids: Iterable[str]) -> list[Record]:
        """Return every record of these cases."""
        return list(self._records.find({"case_id": {"$in": list(case_ids)}}))

    def save_cases(self, cases: Sequence[Document]) -> None:
        """Write cases in one round trip, each unless a newer version is stored."""
        writes = [
            ReplaceOne({"_id": case["_id"], "version": {"$lt": case["version"]}}, case, upsert=True)
            for case in cases
        ]
        try:
            self._cases.bulk_write(writes, ordered=False)
        except BulkWriteError as error:
            # A duplicate key on such an upsert: the stored version is as new, or another worker has just
            # inserted the case for the first time. Only without upsert does a second try tell the two apart.
            if any(one["code"] != DUPLICATE_KEY for one in error.details["writeErrors"]):
                raise
            self._cases.bulk_write(
                [
                    ReplaceOne({"_id": case["_id"], "version": {"$lt": case["version"]}}, case)
                    for case in cases
                ],
                ordered=False,
            )

    def timeline(self, customer_id: str, before: tuple[datetime, str] | None, limit: int) -> list[Record]:
        """Return a customer's records, newest first, from the one after `before` (time and id)."""
        wanted: Document = {"customer_id": {"$eq": customer_id}}
        if before is not None:
            time, key = before
            wanted["$or"] = [{"time": {"$lt": time}}, {"time": time, "_id": {"$lt": key}}]
        return list(self._records.find(wanted).sort([("time", DESCENDING), ("_id", DESCENDING)]).limit(limit))

    def latest(self, customer_id: str, type: str) -> Record | None:
        """Return a customer's latest record of one type."""
        return self._records.find_one(
            {"customer_id": {"$eq": customer_id}, "type": type}, sort=[("time", DESCENDING)]
        )

    def open_cases(self, customer_id: str) -> list[Document]:
        """Return a customer's open cases."""
        return list(
            self._cases.find({"customer_id": {"$eq": customer_id}, "status": "open"}).sort(
                "opened_at", DESCENDING
            )
        )

    def totals(self) -> list[Document]:
        """Return number and money of the records per type and currency."""
        return list(
            self._records.aggregate(
                [
                    {
                        "$group": {
                            "_id": {"type": "$type", "currency": "$money.currency"},
                            "records": {"$sum": 1},
                            "minor": {"$sum": "$money.minor"},
                        }
                    }
                ]
            )
        )

    def quarantine(self, entries: Sequence[Document]) -> list[Document]:
        """Keep what was refused; return it as it is kept.

        What comes again is the entry that was there first, open again, with the number of its `times`.
        """
        if not entries:
            return []
        writes = [
            UpdateOne(
                {"_id": entry["_id"]},
                {"$setOnInsert": entry, "$set": {"status": "open"}, "$inc": {"times": 1}},
                upsert=True,
            )
            for entry in entries
        ]
        self._rejected.bulk_write(writes, ordered=False)
        return [*by_id(self._rejected, [entry["_id"] for entry in entries], {"body": 0}).values()]

    def rejected(self, status: str | None, reason: str | None, limit: int) -> list[Document]:
        """Return quarantine entries, newest first, without their bytes."""
        asked = {"status": status, "reason": reason}
        wanted = {name: {"$eq": value} for name, value in asked.items() if value is not None}
        return list(self._rejected.find(wanted, {"body": 0}).sort("received_at", DESCENDING).limit(limit))

    def rejected_counts(self) -> dict[str, int]:
        """Return the number of open entries by reason."""
        groups = [{"$match": {"status": "open"}}, {"$group": {"_id": "$reason", "n": {"$sum": 1}}}]
        return {group["_id"]: group["n"] for group in self._rejected.aggregate(groups)}

    def rejected_entry(self, rejection_id: str) -> Document | None:
        """Return one quarantine entry with its bytes."""
        return self._rejected.find_one({"_id": {"$eq": rejection_id}})

    def mark_replayed(self, entry: Document, now: datetime, events: list[dict[str, Any]]) -> None:
        """Note that an entry was replayed, and as which events; unless it was refused once more meanwhile."""
        change = {"status": "replayed", "replayed_at": now, "replayed_as": events}
        self._rejected.update_one({"_id": entry["_id"], "times": entry["times"]}, {"$set": change})
