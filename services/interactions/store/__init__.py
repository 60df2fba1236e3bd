"""Where interactions keep their records: only the modules here know MongoDB."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel, ReplaceOne, UpdateOne
from pymongo.database import Database

from services.interactions.domain.people import Pointer, root
from services.interactions.recording import Record, redacted
from services.interactions.store.cases import CaseStore
from services.interactions.store.versions import raise_versions
from wafa.runtime.indexes import create_index, create_indexes
from wafa.runtime.mongo import Document, by_id, insert_new
from wafa.runtime.paging import beyond

#: What an entry of the quarantine loses with the person whom it mentions, because all of it may be personal.
PERSONAL = ("body", "headers", "path", "message", "attempts", "routing_key", "content_type",
            "event_id", "event_source", "event_type", "replayed_as")  # fmt: skip
READ_AT_ONCE = 200


class InteractionStore:
    """Records, cases, what was refused, and which customers are the same person, or nobody any more."""

    def __init__(self, database: Database[Document]) -> None:
        self._records = database["interactions"]
        self.cases = CaseStore(database)
        self._rejected = database["rejected"]
        self._people = database["people"]
        self._forgetting = database["forgetting"]

    def create_indexes(self) -> None:
        """Create the indexes that are missing."""
        by_customer = [("customer_id", ASCENDING), ("time", DESCENDING), ("_id", DESCENDING)]
        create_indexes(
            self._records,
            [
                IndexModel(by_customer, name="timeline"),
                IndexModel("case_id", name="case", partialFilterExpression={"case_id": {"$exists": True}}),
                IndexModel("answers", name="answers", partialFilterExpression={"answers": {"$exists": True}}),
            ],
        )
        self.cases.create_indexes()
        by_status = [("status", ASCENDING), ("received_at", DESCENDING), ("_id", DESCENDING)]
        create_index(self._rejected, by_status, name="page")
        # Counted from the index alone, every few seconds: entries hold megabytes.
        create_index(self._rejected, [("status", ASCENDING), ("reason", ASCENDING)], name="reasons")
        create_index(self._people, "into", name="into", sparse=True)

    def add(self, records: Sequence[Record]) -> dict[str, Record]:
        """Insert records in one round trip; return those that were there already, as they are stored."""
        return by_id(self._records, insert_new(self._records, records))

    def recorded(self, keys: Iterable[str]) -> dict[str, Record]:
        """Return the records that there are of these events, by key."""
        return by_id(self._records, keys)

    def page_of_records(self, after: str | None, limit: int) -> list[Record]:
        """Return records in the order of their identities, from the one after `after`."""
        wanted: Document = {} if after is None else {"_id": {"$gt": after}}
        return list(self._records.find(wanted).sort("_id", ASCENDING).limit(limit))

    def records_of_cases(self, case_ids: Iterable[str]) -> list[Record]:
        """Return every record of these cases."""
        return list(self._records.find({"case_id": {"$in": list(case_ids)}}))

    def last_of_case(self, case_id: str) -> Record:
        """Return the record of the last that was heard of a case, which there must be."""
        return max(self.records_of_cases([case_id]), key=lambda one: (one["time"], one["_id"]))

    def answers(self, case_ids: Iterable[str]) -> list[Record]:
        """Return the records of all answers that one of these cases is not solved."""
        wanted = list(case_ids)
        return list(self._records.find({"answers": {"$in": wanted}})) if wanted else []

    def person(self, customer_id: str) -> list[str]:
        """Return every id of the person who has this one: three round trips, however long the chains."""
        linked = [{"_id": {"$eq": customer_id}, "into": {"$exists": True}}, {"into": {"$eq": customer_id}}]
        # Almost nobody was ever merged, and then this is all; a graph is dear to walk.
        if self._people.find_one({"$or": linked}, {"_id": 1}) is None:
            return [customer_id]
        upwards = {"from": "people", "connectFromField": "into", "connectToField": "_id"}
        downwards = {"from": "people", "connectFromField": "_id", "connectToField": "into"}
        links = {}
        for one in self._people.aggregate(
            [
                {"$match": {"_id": {"$eq": customer_id}}},
                {"$graphLookup": {**upwards, "startWith": "$into", "as": "others"}},
            ]
        ):
            links = {each["_id"]: each["into"] for each in (one, *one["others"]) if "into" in each}
        top = root(customer_id, links)
        found = {customer_id, top}
        for one in self._people.aggregate(
            [
                {"$match": {"into": {"$eq": top}}},
                {"$graphLookup": {**downwards, "startWith": "$_id", "as": "others"}},
            ]
        ):
            found.update(each["_id"] for each in (one, *one["others"]))
        return sorted(found)

    def point(self, pointers: Iterable[Pointer]) -> None:
        """Note who is another name of whom, each unless something newer is known."""
        latest: dict[str, Pointer] = {}
        for one in sorted(pointers, key=lambda one: one.version):
            latest[one.customer_id] = one
        raise_versions(
            self._people, {one.customer_id: (one.version, _pointing(one)) for one in latest.values()}
        )

    def mark_erased(self, customer_ids: Iterable[str]) -> None:
        """Note that these customers were erased, for ever."""
        mark = {"$set": {"erased": True}, "$setOnInsert": {"version": 0}}
        if writes := [UpdateOne({"_id": one}, mark, upsert=True) for one in customer_ids]:
            self._people.bulk_write(writes, ordered=False)

    def erased(self, customer_ids: Iterable[str]) -> set[str]:
        """Return those of the customers who were erased."""
        marked = {"_id": {"$in": list(customer_ids)}, "erased": True}
        return {one["_id"] for one in self._people.find(marked, {"_id": 1})}

    def redact(self, customer_ids: Iterable[str]) -> None:
        """Take everything personal from the records and cases of these customers."""
        ids = [*customer_ids]
        of_them = {"customer_id": {"$in": ids}}
        whole = self._records.find({**of_them, "redacted": {"$exists": False}})
        while some := list(islice(whole, READ_AT_ONCE)):
            writes = [ReplaceOne({"_id": record["_id"]}, redacted(record)) for record in some]
            self._records.bulk_write(writes, ordered=False)
        self.cases.redact(ids)

    def timeline(
        self, customer_ids: Sequence[str], before: tuple[datetime, str] | None, limit: int
    ) -> list[Record]:
        """Return records of these customers, newest first, from the one after `before` (time and id)."""
        wanted: Document = {"customer_id": {"$in": list(customer_ids)}, **beyond(before, "time")}
        return list(self._records.find(wanted).sort([("time", DESCENDING), ("_id", DESCENDING)]).limit(limit))

    def latest(self, customer_ids: Sequence[str], type: str) -> Record | None:
        """Return the latest record of one type that any of these customers has."""
        return self._records.find_one(
            {"customer_id": {"$in": list(customer_ids)}, "type": type}, sort=[("time", DESCENDING)]
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

    def quarantine(self, entries: Sequence[Document]) -> None:
        """Keep what was refused.

        What comes again is the entry that was there first, open again, with the number of its `times`.
        """
        writes = [
            UpdateOne(
                {"_id": entry["_id"]},
                {"$setOnInsert": entry, "$set": {"status": "open"}, "$inc": {"times": 1}},
                upsert=True,
            )
            for entry in entries
        ]
        if writes:
            self._rejected.bulk_write(writes, ordered=False)

    def kept_entries(self, rejection_ids: Iterable[str]) -> list[Document]:
        """Return quarantine entries as they are kept, without their bytes."""
        return [*by_id(self._rejected, rejection_ids, {"body": 0}).values()]

    def rejected(
        self, status: str | None, reason: str | None, before: tuple[datetime, str] | None, limit: int
    ) -> list[Document]:
        """Return quarantine entries, newest first, without their bytes, from after `before` (time and id)."""
        asked = {"status": status, "reason": reason}
        wanted: Document = {name: {"$eq": value} for name, value in asked.items() if value is not None}
        wanted |= beyond(before, "received_at")
        newest_first = [("received_at", DESCENDING), ("_id", DESCENDING)]
        return list(self._rejected.find(wanted, {"body": 0}).sort(newest_first).limit(limit))

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
        unchanged = {"_id": entry["_id"], "times": entry["times"], "redacted": {"$exists": False}}
        self._rejected.update_one(unchanged, {"$set": change})

    def whole_entries(self, after: str | None) -> Iterator[Document]:
        """Yield every quarantine entry that has not been redacted, by id, from the one after `after`."""
        wanted: Document = {"redacted": {"$exists": False}}
        if after is not None:
            wanted["_id"] = {"$gt": after}
        # No faster than they are looked at: an entry may hold 5 MiB.
        yield from self._rejected.find(wanted, batch_size=READ_AT_ONCE).sort("_id", ASCENDING)

    def redact_entries(self, rejection_ids: Iterable[str]) -> None:
        """Take from quarantine entries whatever may be personal; reason, time, digest and service stay."""
        without = {"$unset": dict.fromkeys(PERSONAL, 1), "$set": {"redacted": True}}
        self._rejected.update_many({"_id": {"$in": list(rejection_ids)}}, without)

    def searched_up_to(self, search: str) -> str | None:
        """Return the last entry that was looked at in this search, if somebody began and did not end it."""
        found = self._forgetting.find_one({"_id": {"$eq": search}})
        return found["after"] if found else None

    def note_searched(self, search: str, after: str) -> None:
        """Note how far the quarantine was searched."""
        self._forgetting.update_one({"_id": search}, {"$set": {"after": after}}, upsert=True)

    def end_search(self, search: str) -> None:
        """Note that the quarantine was searched to its end."""
        self._forgetting.delete_one({"_id": search})


def _pointing(pointer: Pointer) -> Document:
    if pointer.into is None:
        return {"$set": {"version": pointer.version}, "$unset": {"into": 1}}
    return {"$set": {"version": pointer.version, "into": pointer.into}}
