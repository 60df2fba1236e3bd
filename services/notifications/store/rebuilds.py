"""The audience made anew: the mark that says so, a second audience beside the live one, and the exchange."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pymongo import DeleteOne, InsertOne, ReplaceOne
from pymongo.database import Database
from pymongo.errors import BulkWriteError

from services.notifications.store.part import Part
from services.notifications.store.people import People
from wafa.runtime.clock import now
from wafa.runtime.mongo import DUPLICATE_KEY, Document, by_id, insert_new

_MARK = "rebuild"
_SECOND = "audience_anew_"
#: Set by `wafa restore`.
_RESTORED = "restored"


class Rebuilds(Part):
    """At most one rebuild at a time; `rebuild` is its id. Each learns into a collection of its own."""

    def __init__(self, database: Database[Document]) -> None:
        super().__init__(database)
        self._database = database
        self._live = database["audience"]
        self._settings = database["settings"]

    def rebuilding(self) -> bool:
        """Tell whether nobody may be contacted now: the audience is wrong, or a backup was just restored."""
        marks = {one["_id"]: one for one in self._settings.find({"_id": {"$in": [_MARK, _RESTORED]}})}
        mark = marks.get(_MARK)
        return _RESTORED in marks or bool(mark and mark["silent"] and mark["until"] > now())

    def end_restore(self) -> bool:
        """Let outreach go on after a restore; tell whether it had to wait."""
        return bool(self._settings.delete_one({"_id": _RESTORED}).deleted_count)

    def restored(self) -> Document | None:
        """Return the mark of a restore that nobody has reconciled; `unfinished` while it is not through."""
        return self._settings.find_one({"_id": _RESTORED})

    def begin_rebuild(self, rebuild: str, until: datetime, *, silent: bool) -> bool:
        """Note that a rebuild has begun, in the place of one whose lease has lapsed; `False` if one lives."""
        mark = {"_id": _MARK, "rebuild": rebuild, "until": until, "silent": silent}
        if not insert_new(self._settings, [mark]):
            return True
        lapsed = {"_id": _MARK, "until": {"$lte": now()}}
        return bool(self._settings.replace_one(lapsed, mark).matched_count)

    def hold_rebuild(self, rebuild: str, until: datetime) -> bool:
        """Renew the lease; `False` if another one has begun, or this one is over."""
        ours = {"_id": _MARK, "rebuild": rebuild}
        return bool(self._settings.update_one(ours, {"$set": {"until": until}}).matched_count)

    def end_rebuild(self, rebuild: str) -> None:
        """Let everything go on as before, and forget what was learnt; safe to repeat."""
        self._settings.delete_one({"_id": _MARK, "rebuild": rebuild})
        self._database[_SECOND + rebuild].drop()

    def drop_abandoned(self, lapsed_before: datetime) -> None:
        """End a rebuild that nobody has held for long, and drop what is left of any."""
        # In this order: whoever begins sets the mark before there is a collection.
        left = [name for name in self._database.list_collection_names() if name.startswith(_SECOND)]
        self._settings.delete_one({"_id": _MARK, "until": {"$lte": lapsed_before}})
        mark = self._settings.find_one({"_id": _MARK})
        for name in left:
            if mark is None or name != _SECOND + mark["rebuild"]:
                self._database[name].drop()

    def anew(self, rebuild: str) -> People:
        """Return the audience that a rebuild makes."""
        return People(self._database, _SECOND + rebuild)

    def audience_anew(self) -> People | None:
        """Return the audience that is being made, whoever does it; None when none is."""
        mark = self._settings.find_one({"_id": _MARK})
        return self.anew(mark["rebuild"]) if mark else None

    def live_page(self, after: str | None, limit: int) -> list[Document]:
        """Return entries of the live audience as they are kept, in the order of their ids."""
        wanted: Document = {} if after is None else {"_id": {"$gt": after}}
        return list(self._live.find(wanted).sort("_id", 1).limit(limit))

    def ids_of_both(self, rebuild: str, after: str | None, limit: int) -> list[str]:
        """Return the next ids that either audience has."""
        wanted: Document = {} if after is None else {"_id": {"$gt": after}}
        both = (self._live, self._database[_SECOND + rebuild])
        found = {
            one["_id"] for each in both for one in each.find(wanted, {"_id": 1}).sort("_id", 1).limit(limit)
        }
        return sorted(found)[:limit]

    def pairs(self, rebuild: str, ids: Sequence[str]) -> dict[str, tuple[Document | None, Document | None]]:
        """Return what both audiences have of these ids: the live entry, and the one made anew.

        The live one is read first. Events are learnt by the new one first: so it never knows less.
        """
        live = by_id(self._live, ids)
        anew = by_id(self._database[_SECOND + rebuild], ids)
        return {one: (live.get(one), anew.get(one)) for one in ids}

    def exchange(self, pairs: Mapping[str, tuple[Document | None, Document | None]]) -> None:
        """Put new entries in the place of live ones, each unless it has changed since it was read."""
        writes = [_exchange(live, anew) for live, anew in pairs.values() if live or anew]
        try:
            if writes:
                self._live.bulk_write(writes, ordered=False)
        except BulkWriteError as error:
            # Somebody was first to write an entry that was not there: it is looked at again.
            if any(one["code"] != DUPLICATE_KEY for one in error.details["writeErrors"]):
                raise

    def count_audience(self) -> int:
        """Return about how many entries the live audience has."""
        return self._live.estimated_document_count()


def _exchange(
    live: Document | None, anew: Document | None
) -> InsertOne[Document] | DeleteOne | ReplaceOne[Document]:
    if live is None:
        assert anew is not None, "one of the two is there"
        return InsertOne({**anew, "version": 1})
    as_read = {"_id": live["_id"], "version": live.get("version")}
    if anew is None:
        return DeleteOne(as_read)
    # The version moves on, so that whoever has read the entry must read it again.
    known = live.get("version")
    version = (known if isinstance(known, int) else anew["version"]) + 1
    return ReplaceOne(as_read, {**anew, "version": version})
