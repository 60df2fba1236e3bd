"""Campaigns: versions, which never change, and one control document each, which says what is done with them.

What people write is kept as JSON text: none of it ever becomes a key or an operator of the database.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from pymongo import ReturnDocument
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from services.notifications.campaigns.control import Control, Plan, Version
from services.notifications.store.part import Part
from wafa.runtime.indexes import create_index
from wafa.runtime.mongo import Document


class Campaigns(Part):
    """Each method is one round trip where it does not say otherwise."""

    def __init__(self, database: Database[Document]) -> None:
        super().__init__(database)
        self._campaigns = database["campaigns"]
        self._versions = database["campaign_versions"]

    def create_indexes(self) -> None:
        """Create the indexes that are missing; safe to repeat."""
        super().create_indexes()
        create_index(self._campaigns, "state")
        create_index(self._campaigns, "paused", sparse=True)
        create_index(self._versions, [("campaign", 1), ("version", 1)])

    def add_version(self, version: Version) -> Version:
        """Keep a version under the next free number from `version.version` on, and return it so."""
        while True:
            try:
                self._versions.insert_one({**_document(version), "_id": version.key})
                return version
            except DuplicateKeyError:
                version = msgspec.structs.replace(version, version=version.version + 1)

    def campaign_version(self, key: str) -> Version | None:
        """Return the version of this name, `win-back@3`."""
        found = self._versions.find_one({"_id": key})
        return msgspec.convert(found, Version) if found else None

    def campaign_versions(self, campaign: str, limit: int) -> list[Version]:
        """Return the latest versions of a campaign, the earliest of these first."""
        found = self._versions.find({"campaign": campaign}).sort("version", -1).limit(limit)
        return [msgspec.convert(one, Version) for one in found][::-1]

    def control(self, campaign: str) -> Control | None:
        """Return the control document of a campaign."""
        found = self._campaigns.find_one({"_id": campaign})
        return _control(found) if found else None

    def controls(self, after: str | None, limit: int) -> list[Control]:
        """Return control documents by name, from the one after this name."""
        wanted: Document = {} if after is None else {"_id": {"$gt": after}}
        return [_control(one) for one in self._campaigns.find(wanted).sort("_id", 1).limit(limit)]

    def controls_running(self, and_these: Iterable[str] = ()) -> list[Control]:
        """Return the control documents of campaigns that enrol, and of `and_these` in any state."""
        wanted = {"$or": [{"state": "running"}, {"_id": {"$in": [*and_these]}}]}
        return [_control(one) for one in self._campaigns.find(wanted).sort("_id", 1)]

    def campaigns_paused(self) -> set[str]:
        """Return the names of campaigns of which nothing may go out now."""
        return {one["_id"] for one in self._campaigns.find({"paused": True}, {"_id": 1})}

    def change_control(self, before: Control, changes: Mapping[str, Any]) -> Control | None:
        """Change a control document if nobody else has since `before` was read; return it, else None.

        Where a planner stands is not touched, unless `changes` say so.
        """
        changes = {name: _plain(value) for name, value in changes.items()}
        if before.revision == 0:
            first = {**_document(before), **changes, "_id": before.campaign, "revision": 1}
            try:
                self._campaigns.insert_one({name: one for name, one in first.items() if one is not None})
            except DuplicateKeyError:
                return None
            return _control(first)
        update: Document = {"$set": {name: one for name, one in changes.items() if one is not None}}
        update["$inc"] = {"revision": 1}
        if gone := {name: 1 for name, one in changes.items() if one is None}:
            update["$unset"] = gone
        return self._changed({"_id": before.campaign, "revision": before.revision}, update)

    def begin_plan(self, campaign: str, before: Plan | None, plan: Plan) -> Control | None:
        """Begin to plan anew, if nobody else has since `before` was read."""
        been = {"plan.run": before.run} if before else {"plan": {"$exists": False}}
        return self._changed({"_id": campaign, "state": "running", **been}, {"$set": {"plan": _plain(plan)}})

    def take_plan(
        self, campaign: str, run: str, token: str, now: datetime, until: datetime
    ) -> Control | None:
        """Become the one who plans, until `until`; None while somebody else is, or there is nothing to do.

        A lease that ends later than one that begins now was given by a clock that has been put back since:
        nobody waits for it.
        """
        free = [
            {"plan.until": {"$exists": False}},
            {"plan.until": {"$lte": now}},
            {"plan.until": {"$gt": until}},
        ]
        idle = {**_running(campaign), "plan.run": run, "plan.done_at": {"$exists": False}, "$or": free}
        return self._changed(idle, {"$set": {"plan.token": token, "plan.until": until}})

    def note_planned(
        self, campaign: str, token: str, *, after: str, planned: int, until: datetime
    ) -> Control | None:
        """Note how far planning has come, and stay the one who plans.

        None for who is that no more, or when no more is to be planned.
        """
        progress = {"$set": {"plan.after": after, "plan.until": until}, "$inc": {"plan.planned": planned}}
        return self._changed({**_running(campaign), "plan.token": token}, progress)

    def end_plan(self, campaign: str, token: str, changes: Mapping[str, Any]) -> Control | None:
        """Note that all is planned; `changes` are made to the control document with that."""
        done = {name: _plain(value) for name, value in changes.items()}
        gone = {"plan.token": 1, "plan.until": 1}
        return self._changed(
            {"_id": campaign, "plan.token": token}, {"$set": done, "$unset": gone, "$inc": {"revision": 1}}
        )

    def leave_plan(self, campaign: str, token: str) -> None:
        """Let somebody else go on."""
        gone = {"$unset": {"plan.token": 1, "plan.until": 1}}
        self._campaigns.update_one({"_id": campaign, "plan.token": token}, gone)

    def _changed(self, wanted: Document, update: Document) -> Control | None:
        found = self._campaigns.find_one_and_update(wanted, update, return_document=ReturnDocument.AFTER)
        return _control(found) if found else None


def _running(campaign: str) -> Document:
    return {"_id": campaign, "state": "running", "paused": {"$ne": True}}


def _control(document: Document) -> Control:
    return msgspec.convert({**document, "campaign": document["_id"]}, Control)


def _document(kept: Control | Version) -> Document:
    fields: Document = _plain(kept)
    if isinstance(kept, Control):
        del fields["campaign"]
    return fields


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value, builtin_types=(datetime,))
