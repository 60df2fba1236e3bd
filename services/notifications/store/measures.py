"""What came of messages: the purchases that followed them, and the figures of a campaign."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from pymongo import UpdateOne
from pymongo.database import Database

from services.notifications.documents import row_of
from services.notifications.domain.decision import Reason
from services.notifications.domain.outreach import CONTACTED, ERASED, Outreach, State
from services.notifications.store.part import Part
from wafa.runtime.mongo import Document

#: What a purchase can follow: a contact, or the moment at which a held-out customer would have had it.
_MEASURED: Document = {
    "$or": [
        {"state": {"$in": list(CONTACTED)}},
        {"state": State.DROPPED, "reason": Reason.HOLDOUT},
    ]
}
_DAY: Document = {"$dateToString": {"format": "%Y-%m-%d", "date": "$settled_at"}}


class Measures(Part):
    """Conversions are written on the rows themselves; figures are counted by the database."""

    def __init__(self, database: Database[Document]) -> None:
        super().__init__(database)
        self._messages = database["outreach"]
        self._customers = database["audience"]

    def contacts(self, customer_ids: Collection[str], until: datetime) -> list[Outreach]:
        """Return the messages to these ids that a purchase may have followed, settled up to `until`."""
        wanted = {"customer_id": {"$in": [*customer_ids]}, "settled_at": {"$lte": until}, **_MEASURED}
        return [row_of(document) for document in self._messages.find(wanted)]

    def bought_since(self, customer_ids: Collection[str], since: datetime) -> list[str]:
        """Return those of these ids who have bought since, or who are other names of somebody."""
        wanted: Document = {
            "_id": {"$in": [*customer_ids]},
            "$or": [
                {"purchases": {"$elemMatch": {"at": {"$gte": since}}}},
                {"merged": {"$exists": True}},
            ],
        }
        return [found["_id"] for found in self._customers.find(wanted, {"_id": 1})]

    def convert(self, rows: Sequence[Outreach]) -> list[Outreach]:
        """Write on each row the purchase that it has in `converted`; return the rows as they are then.

        Of several purchases the earliest stands, whoever writes it and when; of two at one moment the one
        with the smaller id. Two round trips.
        """
        if not rows:
            return []
        self._messages.bulk_write([_conversion(row) for row in rows], ordered=False)
        found = self._messages.find({"_id": {"$in": [row.id for row in rows]}})
        return [row_of(document) for document in found]

    def tally(self, campaign: str) -> list[Document]:
        """Return the messages of a campaign, counted by all that the report tells them apart by.

        Each with `state`, `reason`, `channel`, `language`, `tier`, `day` (when it was settled) and `rows`.
        """
        kept = ("state", "reason", "channel", "language", "tier")
        key = {name: {"$ifNull": [f"${name}", None]} for name in kept} | {"day": _DAY}
        return self._counted(
            [
                {"$match": {"campaign": campaign, "state": {"$ne": State.PASSED}}},
                {"$group": {"_id": key, "rows": {"$sum": 1}}},
            ]
        )

    def journeys(self, campaign: str) -> list[Document]:
        """Return the journeys that reached a contact, or its holdout, counted by their first one.

        Each with `held_out`, `version`, `channel`, `language`, `tier`, `day`, `currency` (None where nothing
        was bought), and `people`, `converted`, `minor` (what was paid, in minor units).
        """
        first = {
            # The smallest is the earliest: documents are compared field by field.
            "at": "$settled_at",
            "id": "$_id",
            "held_out": {"$eq": ["$state", State.DROPPED]},
            **{name: {"$ifNull": [f"${name}", None]} for name in ("version", "channel", "language", "tier")},
            "day": _DAY,
            "currency": {"$ifNull": ["$converted.currency", None]},
            "minor": {"$ifNull": ["$converted.minor", 0]},
        }
        kept = ("held_out", "version", "channel", "language", "tier", "day", "currency")
        bought = {"$cond": [{"$eq": ["$first.currency", None]}, 0, 1]}
        return self._counted(
            [
                {"$match": {"campaign": campaign, **_MEASURED}},
                {
                    "$group": {
                        "_id": {"customer": "$customer_id", "occurrence": "$occurrence"},
                        "first": {"$min": first},
                    }
                },
                {
                    "$group": {
                        "_id": {name: f"$first.{name}" for name in kept},
                        "people": {"$sum": 1},
                        "converted": {"$sum": bought},
                        "minor": {"$sum": "$first.minor"},
                    }
                },
            ]
        )

    def _counted(self, stages: list[Document]) -> list[Document]:
        # One line for each journey is more than a server may keep in memory, for a large campaign.
        found = self._messages.aggregate(stages, allowDiskUse=True)
        return [{**line.pop("_id"), **line} for line in found]


def _conversion(row: Outreach) -> UpdateOne:
    purchase = row.converted
    assert purchase is not None
    later: list[Any] = [
        {"converted": {"$exists": False}},
        {"converted.at": {"$gt": purchase.at}},
        {"converted.at": purchase.at, "converted.purchase_id": {"$gt": purchase.purchase_id}},
    ]
    bought = {
        "purchase_id": purchase.purchase_id,
        "at": purchase.at,
        "minor": purchase.minor,
        "currency": purchase.currency,
    }
    # Worked out before an erasure, it must not bring back afterwards what was bought.
    kept = {"_id": row.id, "correlation": {"$ne": ERASED}}
    return UpdateOne({**kept, "$or": later}, {"$set": {"converted": bought}})
