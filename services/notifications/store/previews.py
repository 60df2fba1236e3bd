"""Whom a campaign would meet: who they are, and what stands against writing to each, counted in one pass."""

from collections.abc import Sequence

from pymongo.database import Database

from services.notifications.store.part import Part
from wafa.runtime.mongo import Document


class Previews(Part):
    """Reads the audience by filters that `segment_query` makes of rules; each method is one round trip."""

    def __init__(self, database: Database[Document]) -> None:
        super().__init__(database)
        self._everybody = database["audience"]

    def ids(self, query: Document, limit: int, after: str | None = None) -> list[str]:
        """Return the ids of customers in a segment, in their order; ids are as good as drawn by lot."""
        wanted = query if after is None else {"_id": {"$gt": after}, **query}
        return [one["_id"] for one in self._everybody.find(wanted, {"_id": 1}).sort("_id", 1).limit(limit)]

    def standing(self, query: Document, channels: Sequence[str], purpose: str) -> list[Document]:
        """Count a segment by what is kept of each customer that the decision will look at.

        Each line has `known` (a profile has arrived), `member`, `open_complaints`, `language`, `people`, and
        in `ways` what stands against each of these channels: None where there is no address. One pass that
        compares nothing, because that is what takes time.
        """
        ways = {channel: f"$reach.{purpose}.{channel}" for channel in channels}
        key: Document = {
            "reach": {"$type": "$reach"},
            "member": {"$type": "$member"},
            "language": "$traits.language",
            "open_complaints": "$traits.open_complaints",
            **ways,
        }
        stages = [{"$match": query}, {"$group": {"_id": key, "people": {"$sum": 1}}}]
        return [_line(found, channels) for found in self._everybody.aggregate(stages)]


def _line(found: Document, channels: Sequence[str]) -> Document:
    key = found["_id"]
    return {
        "known": key["reach"] == "object",
        "member": key["member"] == "object",
        "language": key.get("language"),
        "open_complaints": key.get("open_complaints") or 0,
        "ways": {channel: key.get(channel) for channel in channels},
        "people": found["people"],
    }
