"""Rates of channels, shared by all senders: one document a channel, one round trip a grant."""

from datetime import datetime
from typing import Any

from bson import Int64
from pymongo import ReturnDocument
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from services.notifications.domain.rates import Limit, grant, microseconds, moment
from services.notifications.store.part import Part
from wafa.runtime.mongo import Document


class Rates(Part):
    """What has been given away of each channel's rate."""

    def __init__(self, database: Database[Document]) -> None:
        super().__init__(database)
        self._rates = database["rates"]

    def grant(self, channel: str, per_second: float, wanted: int, now: datetime) -> tuple[int, datetime]:
        """Return how many messages of `wanted` may go out now, and when the next one may.

        Whoever asks gets what nobody else got. A clock that is behind those of others gets less, never more.
        """
        limit, at = Limit.of(per_second), microseconds(now)
        before = self._take(channel, limit, wanted, at)
        # The same sum as the database has just done, on what it found.
        granted = grant(limit, before and int(before["full_at"]), wanted, at)
        return granted.messages, moment(granted.next_at)

    def _take(self, channel: str, limit: Limit, wanted: int, now: int) -> Document | None:
        """Move the channel's `full_at` on and return the document as it was."""
        update = [{"$set": {"full_at": {"$toLong": _full_at(limit, wanted, now)}}}]
        for last in (False, True):
            try:
                return self._rates.find_one_and_update(
                    {"_id": channel}, update, upsert=True, return_document=ReturnDocument.BEFORE
                )
            except DuplicateKeyError:
                # Somebody else made it first; now it is there.
                if last:
                    raise
        return None


def _full_at(limit: Limit, wanted: int, now: int) -> dict[str, Any]:
    """Return the `full_at` of `domain.rates.grant` as an expression of the database."""
    begin = {"$max": [{"$ifNull": ["$full_at", Int64(now)]}, Int64(now)]}
    room = {"$subtract": [Int64(now + limit.ahead), begin]}
    free = {"$max": [0, {"$floor": {"$divide": [room, Int64(limit.interval)]}}]}
    messages = {"$min": [max(0, wanted), free]}
    return {"$add": [begin, {"$multiply": [messages, Int64(limit.interval)]}]}
