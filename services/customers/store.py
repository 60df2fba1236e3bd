"""Customers in MongoDB: one document each, found by any identifier that it holds.

The identifiers stand in the customer's own document, under one unique index over all documents. So a customer
and all their identifiers come to be in one atomic write, or not at all: there is no moment at which somebody
has claimed an address and does not exist yet, and no half of a claim to tidy up after a crash.

Beside them stand the journal of changes (merges, un-merges, erasures), and what is left of the identifiers of
people who were erased: keyed hashes.
"""

import hmac
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from pymongo import ASCENDING, DESCENDING, UpdateOne
from pymongo.database import Database

from services.customers.documents import change_document, change_of, customer_document, customer_of
from services.customers.domain.change import APPLIED_BY, PUBLISHED, REQUESTED, WITHDRAWN, Change
from services.customers.domain.customer import Customer
from wafa.runtime.indexes import create_index
from wafa.runtime.mongo import Document, by_id, drop_index, insert_new, replace_guarded
from wafa.runtime.paging import beyond

_SECRET = "erased identifiers"
#: One change at a time: whoever is first to insert the one document has the turn.
_TURN = "change"
#: Of an earlier release: the one with the `_id` does what it did.
_OLD_INDEX = "customer_ids_1_requested_at_-1"


class CustomerStore:
    """Reads and writes customers by the batch, and changes one by one."""

    def __init__(self, database: Database[Document]) -> None:
        """Keep the collections; nothing is sent yet."""
        self._customers = database["customers"]
        self._receipts = database["receipts"]
        self._turn = database["turn"]
        self._changes = database["changes"]
        self._erased = database["erased"]
        self._secrets = database["secrets"]
        self._erase_again = database["erase_again"]
        self._secret: bytes | None = None

    def create_indexes(self) -> None:
        """Create the indexes that are missing; safe to repeat."""
        # Sparse: somebody who was erased holds nothing, and nothing may be held by many.
        create_index(self._customers, [("identifiers", ASCENDING)], unique=True, sparse=True)
        create_index(self._customers, [("unpublished", ASCENDING)], sparse=True)
        create_index(self._customers, [("merged_into", ASCENDING)], sparse=True)
        create_index(self._changes, [("waiting_for", ASCENDING), ("requested_at", ASCENDING)])
        newest_first = [("requested_at", DESCENDING), ("_id", DESCENDING)]
        create_index(self._changes, newest_first)
        create_index(self._changes, [("customer_ids", ASCENDING), *newest_first])
        drop_index(self._changes, _OLD_INDEX)

    def find(self, keys: Collection[str], ids: Collection[str] = ()) -> dict[str, Customer]:
        """Return, by id, the holders of these keys, the customers with these ids, and whom they became."""
        known = {one.customer_id: one for one in self._holders(keys)} if keys else {}
        missing = {*ids, *_merged_into(known.values())} - known.keys()
        while missing:
            more = {id: customer_of(one) for id, one in by_id(self._customers, missing).items()}
            known |= more
            missing = {*_merged_into(more.values())} - known.keys()
        return known

    def _holders(self, keys: Collection[str]) -> Iterable[Customer]:
        # Asked for no number, the server answers with 101 and keeps the rest for another round trip.
        cursor = self._customers.find({"identifiers": {"$in": [*keys]}}, batch_size=len(keys) + 1)
        return map(customer_of, cursor)

    def aliases(self, customer_id: str) -> list[Customer]:
        """Return everybody who was merged into a customer, and into them, and so on."""
        found: dict[str, Customer] = {}
        parents = {customer_id}
        while parents:
            cursor = self._customers.find({"merged_into": {"$in": [*parents]}})
            more = {one.customer_id: one for one in map(customer_of, cursor)}
            parents = more.keys() - found.keys()
            found |= more
        return [*found.values()]

    def page(self, after: str | None, limit: int) -> list[Customer]:
        """Return customers, aliases and those who were erased in the order of their ids, after `after`."""
        wanted: Document = {} if after is None else {"_id": {"$gt": after}}
        return [customer_of(one) for one in self._customers.find(wanted).sort("_id", ASCENDING).limit(limit)]

    def write(self, customers: Sequence[Customer]) -> set[str]:
        """Write new versions in one round trip; return the ids of those that could not be written.

        These are customers whose version moved, and those who would hold an identifier that somebody else has
        got since they were read. Two workers may well meet the same new person at the same moment: the unique
        index lets one of them in, and the other one reads again and finds the customer there.
        """
        return replace_guarded(self._customers, [customer_document(one) for one in customers])

    def receipts(self, keys: Iterable[str]) -> dict[str, str]:
        """Return the digests of those events whose effects are out, by key."""
        return {key: receipt["digest"] for key, receipt in by_id(self._receipts, keys).items()}

    def file_receipts(self, digests: Mapping[str, str]) -> None:
        """Note that the effects of these events are out."""
        insert_new(self._receipts, [{"_id": key, "digest": digest} for key, digest in digests.items()])

    def set_published(self, token: str) -> None:
        """Take note that everything written under `token` is out.

        A version that a later writer has put in its place carries another token, and is left alone.
        """
        self._customers.update_many({"unpublished": token}, {"$unset": {"unpublished": ""}})

    def left_unpublished(self, before: str, limit: int) -> list[Customer]:
        """Return versions never noted as published whose token is smaller than `before`, oldest first."""
        cursor = self._customers.find({"unpublished": {"$lt": before}}).sort("unpublished", ASCENDING)
        return [customer_of(one) for one in cursor.limit(limit)]

    def set_swept(self, customers: Iterable[Customer]) -> None:
        """Take note that just these versions are out."""
        writes = [
            UpdateOne({"_id": one.customer_id, "version": one.version}, {"$unset": {"unpublished": ""}})
            for one in customers
        ]
        if writes:
            self._customers.bulk_write(writes, ordered=False)

    def bury(self, tombstones: Iterable[Customer]) -> None:
        """Leave tombstones where people were sealed; safe to repeat.

        Each is deleted and written anew, not replaced: then whatever the server keeps of the old document in
        its indexes goes as well (SecantusDB would keep identifiers taken, which an update takes away).
        """
        for one in tombstones:
            self._customers.delete_one(
                {"_id": one.customer_id, "erased": True, "version": {"$lt": one.version}}
            )
            insert_new(self._customers, [customer_document(one)])

    def take_turn(self, change: Change) -> bool:
        """Let a change be the one that is underway; `False` while another one is."""
        return not insert_new(self._turn, [{"_id": _TURN, "change": change_document(change)}])

    def underway(self) -> Change | None:
        """Return the change that is being carried out, if there is one."""
        found = self._turn.find_one({"_id": _TURN})
        return change_of(found["change"]) if found else None

    def enter(self, change: Change) -> None:
        """Enter a change in the journal; safe to repeat."""
        insert_new(self._changes, [change_document(change)])

    def name_customers(self, change_id: str, customer_ids: Sequence[str]) -> None:
        """Write down whom a change is about, before anything is done about it."""
        self._changes.update_one({"_id": change_id}, {"$set": {"customer_ids": [*customer_ids]}})

    def withdraw(self, change_id: str) -> None:
        """Note that a change turned out impossible, of which nobody has heard; the next one may begin."""
        self._end_turn(change_id, {"state": WITHDRAWN, "waiting_for": []})

    def close_change(self, change_id: str, now: datetime) -> None:
        """Note that everybody can know of a change; the next one may begin."""
        self._end_turn(change_id, {"state": PUBLISHED, "published_at": now})

    def _end_turn(self, change_id: str, fields: Document) -> None:
        self._changes.update_one({"_id": change_id, "state": REQUESTED}, {"$set": fields})
        self._turn.delete_one({"_id": _TURN, "change._id": change_id})

    def confirm(self, change_id: str, service: str, at: datetime) -> None:
        """Note that a service has applied a change; the first time stands. `service`: one of ours."""
        assert service in APPLIED_BY, "this becomes part of a field's name"
        receipt = {"$pull": {"waiting_for": service}, "$set": {f"confirmed.{service}": at}}
        self._changes.update_one({"_id": change_id, "waiting_for": service}, receipt)

    def changes(self, change_ids: Iterable[str]) -> dict[str, Change]:
        """Return these changes by id."""
        return {id: change_of(one) for id, one in by_id(self._changes, change_ids).items()}

    def changes_of(
        self, customer_ids: Sequence[str] | None, limit: int, before: tuple[datetime, str] | None = None
    ) -> list[Change]:
        """Return changes, newest first: of these customers, or of all; those before one (its time and id)."""
        wanted: Document = {"state": {"$ne": WITHDRAWN}, **beyond(before, "requested_at")}
        if customer_ids is not None:
            wanted["customer_ids"] = {"$in": [*customer_ids]}
        order = [("requested_at", DESCENDING), ("_id", DESCENDING)]
        cursor = self._changes.find(wanted).sort(order).limit(limit)
        return [change_of(one) for one in cursor]

    def oldest_unfinished(self) -> datetime | None:
        """Return when the oldest change was requested that is not published or not confirmed by all."""
        waiting = {"waiting_for": {"$in": [*APPLIED_BY]}}
        oldest = self._changes.find_one(waiting, sort=[("requested_at", ASCENDING)])
        times = [one.requested_at for one in (self.underway(), oldest and change_of(oldest)) if one]
        return min(times, default=None)

    def to_erase_again(self, limit: int) -> list[tuple[str, list[str]]]:
        """Return erasures that a restore has undone: what they are noted as, and ids of the person."""
        return [(one["_id"], one["customer_ids"]) for one in self._erase_again.find().limit(limit)]

    def count_to_erase_again(self) -> int:
        """Return how many erasures are still to be made again."""
        return self._erase_again.count_documents({})

    def erased_again(self, noted: str) -> None:
        """Note that an erasure was made again."""
        self._erase_again.delete_one({"_id": noted})

    def remember_erased(self, keys: Iterable[str], at: datetime) -> None:
        """Keep of each identifier a keyed hash and when its holder was erased; safe to repeat."""
        secret = self._key_of_hashes(make=True)
        writes = [
            UpdateOne({"_id": _hash(secret, key)}, {"$max": {"at": at}}, upsert=True) for key in set(keys)
        ]
        if writes:
            self._erased.bulk_write(writes, ordered=False)

    def erased_at(self, keys: Iterable[str]) -> dict[str, datetime]:
        """Return when the last holder of each of these identifiers was erased, of those that had one."""
        secret = self._key_of_hashes()
        if not secret:
            return {}
        hashes = {_hash(secret, key): key for key in keys}
        return {hashes[hashed]: one["at"] for hashed, one in by_id(self._erased, hashes).items()}

    def _key_of_hashes(self, *, make: bool = False) -> bytes:
        """Return the key of this deployment; empty as long as nobody was ever erased."""
        if self._secret is None:
            if make:
                insert_new(self._secrets, [{"_id": _SECRET, "key": secrets.token_bytes(32)}])
            found = self._secrets.find_one({"_id": _SECRET})
            self._secret = bytes(found["key"]) if found else None
        return self._secret or b""


def _merged_into(customers: Iterable[Customer]) -> list[str]:
    return [one.merged_into for one in customers if one.merged_into is not None]


def _hash(secret: bytes, key: str) -> str:
    return hmac.digest(secret, key.encode(), "sha256").hex()
