"""Whom a campaign would meet: who they are, and what stands against writing to each, counted in one pass."""

from collections.abc import Sequence

from pymongo.database import Database

from services.notifications.domain.decision import CLOSEST, Reason
from services.notifications.domain.reach import OPEN
from services.notifications.store.part import Part
from wafa.runtime.mongo import Document


class Previews(Part):
    """Reads the audience by filters that `segment_query` makes of rules; each method is one round trip."""

    def __init__(self, database: Database[Document]) -> None:
        super().__init__(database)
        self._everybody = database["audience"]

    def ids(self, query: Document, limit: int, after: str | None = None) -> list[str]:
        """Return the ids of customers in a segment, in their order; ids are as good as drawn by lot."""
        wanted = query if after is None else {"$and": [{"_id": {"$gt": after}}, query]}
        return [one["_id"] for one in self._everybody.find(wanted, {"_id": 1}).sort("_id", 1).limit(limit)]

    def standing(
        self, query: Document, channels: Sequence[str], purpose: str, *, needs_member: bool
    ) -> list[Document]:
        """Count a segment by what the decision would come to, as far as nothing else has to be looked at.

        Each line has `reason` (None where nothing stands against it), the `channel` that would be taken, the
        `language` of the customer, and `people`. `channels` are those of the message, the preferred one
        first; `purpose` is the one that consent is asked for. The order is that of `decision.decide`.
        """
        obstacles = [_obstacle(channel, purpose) for channel in channels]
        unknown = {"$not": [_there("$profile.version")]}
        if needs_member:
            unknown = {"$or": [unknown, {"$not": [_there("$member.version")]}]}
        chosen: Document = {
            "$switch": {
                "branches": [
                    {"case": {"$eq": [one, None]}, "then": channel}
                    for channel, one in zip(channels, obstacles, strict=True)
                ],
                "default": None,
            }
        }
        closest: list[Document] = [
            {"case": {"$in": [reason, obstacles]}, "then": str(reason)} for reason in CLOSEST
        ]
        why: Document = {
            "$switch": {
                "branches": [
                    {"case": unknown, "then": str(Reason.NOT_YET_KNOWN)},
                    {
                        "case": {"$in": [None, obstacles]},
                        "then": {
                            "$cond": [
                                {"$gt": [{"$ifNull": ["$traits.open_complaints", 0]}, 0]},
                                str(Reason.OPEN_COMPLAINT),
                                None,
                            ]
                        },
                    },
                    *closest,
                ],
                "default": str(Reason.NO_ADDRESS),
            }
        }
        key = {"reason": why, "channel": chosen, "language": {"$ifNull": ["$traits.language", None]}}
        stages = [{"$match": query}, {"$group": {"_id": key, "people": {"$sum": 1}}}]
        return [{**line.pop("_id"), **line} for line in self._everybody.aggregate(stages)]


def _obstacle(channel: str, purpose: str) -> Document:
    """Return what stands against a channel, as `decision.Way.obstacle` says it."""
    state, about = f"$reach.{channel}", f"{channel}/{purpose}"
    branches = [
        {"case": {"$not": [_there(state)]}, "then": str(Reason.NO_ADDRESS)},
        {"case": {"$ne": [state, OPEN]}, "then": str(Reason.BOUNCED)},
        {"case": _has("$traits.withdrawn", about), "then": str(Reason.UNSUBSCRIBED)},
    ]
    if purpose == "marketing":
        granted = _has("$traits.consented", about)
        branches.append({"case": {"$not": [granted]}, "then": str(Reason.NO_CONSENT)})
    return {"$switch": {"branches": branches, "default": None}}


def _there(field: str) -> Document:
    return {"$ne": [{"$ifNull": [field, None]}, None]}


def _has(field: str, word: str) -> Document:
    return {"$in": [word, {"$ifNull": [field, []]}]}
