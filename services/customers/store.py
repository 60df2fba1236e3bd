"""Customers in MongoDB: one document each, found by any identifier that it holds.

The identifiers stand in the customer's own document, under one unique index over all documents. So a customer
and all their identifiers come to be in one atomic write, or not at all: there is no moment at which somebody
has claimed an address and does not exist yet, and no half of a claim to tidy up after a crash.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from pymongo import ASCENDING, UpdateOne
from pymongo.database import Database

from services.customers.domain.customer import Customer
from services.customers.domain.profile import Consent, Profile, Said
from wafa.runtime.mongo import Document, by_id, insert_new, replace_guarded


class CustomerStore:
    """Reads and writes customers by the batch."""

    def __init__(self, database: Database[Document]) -> None:
        """Keep the collection; nothing is sent yet."""
        self._customers = database["customers"]
        self._receipts = database["receipts"]

    def create_indexes(self) -> None:
        """Create the indexes that are missing; safe to repeat."""
        # Sparse: somebody who was erased holds nothing, and nothing may be held by many.
        self._customers.create_index([("identifiers", ASCENDING)], unique=True, sparse=True)
        self._customers.create_index([("unpublished", ASCENDING)], sparse=True)

    def find(self, keys: Collection[str], ids: Collection[str] = ()) -> dict[str, Customer]:
        """Return, by id, the holders of these keys, the customers with these ids, and whom they became."""
        known = {one.customer_id: one for one in self._holders(keys)} if keys else {}
        missing = {*ids, *_merged_into(known.values())} - known.keys()
        while missing:
            more = {id: _customer(one) for id, one in by_id(self._customers, missing).items()}
            known |= more
            missing = {*_merged_into(more.values())} - known.keys()
        return known

    def _holders(self, keys: Collection[str]) -> Iterable[Customer]:
        # Asked for no number, the server answers with 101 and keeps the rest for another round trip.
        cursor = self._customers.find({"identifiers": {"$in": [*keys]}}, batch_size=len(keys) + 1)
        return map(_customer, cursor)

    def write(self, customers: Sequence[Customer]) -> set[str]:
        """Write new versions in one round trip; return the ids of those that could not be written.

        These are customers whose version moved, and those who would hold an identifier that somebody else has
        got since they were read. Two workers may well meet the same new person at the same moment: the unique
        index lets one of them in, and the other one reads again and finds the customer there.
        """
        return replace_guarded(self._customers, [_document(one) for one in customers])

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
        return [_customer(one) for one in cursor.limit(limit)]

    def set_swept(self, customers: Iterable[Customer]) -> None:
        """Take note that just these versions are out."""
        writes = [
            UpdateOne({"_id": one.customer_id, "version": one.version}, {"$unset": {"unpublished": ""}})
            for one in customers
        ]
        if writes:
            self._customers.bulk_write(writes, ordered=False)


def _merged_into(customers: Iterable[Customer]) -> list[str]:
    return [one.merged_into for one in customers if one.merged_into is not None]


def _document(customer: Customer) -> Document:
    profile = customer.profile
    document: dict[str, Any] = {
        "_id": customer.customer_id,
        "version": customer.version,
        "identifiers": [*customer.identifiers],
        "profile": {name: said._asdict() for name, said in profile.fields.items()},
        "consents": [
            {"channel": channel, "purpose": purpose, **consent._asdict()}
            for (channel, purpose), consent in profile.consents.items()
        ],
        "merged_into": customer.merged_into,
        "erased": customer.erased,
        "changed_at": customer.changed_at,
        "unpublished": customer.unpublished,
    }
    return {name: value for name, value in document.items() if value}


def _customer(document: Document) -> Customer:
    said = document.get("profile", {})
    return Customer(
        customer_id=document["_id"],
        version=document["version"],
        identifiers=tuple(document.get("identifiers", ())),
        profile=Profile(
            {name: Said(one["at"], one["cause"], one["value"]) for name, one in said.items()},
            {
                (one["channel"], one["purpose"]): Consent(
                    one["at"], one["cause"], one["status"], one["evidence"]
                )
                for one in document.get("consents", ())
            },
        ),
        merged_into=document.get("merged_into"),
        erased=document.get("erased", False),
        changed_at=document.get("changed_at"),
        unpublished=document.get("unpublished"),
    )
