"""The calls that staff are to make: one document a call, which goes when its customer is erased."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from pymongo.database import Database

from services.notifications.domain.calls import Call, State
from services.notifications.store.part import Part
from wafa.runtime.indexes import create_index
from wafa.runtime.mongo import Document, drop_index, insert_new
from wafa.runtime.paging import beyond

#: Of an earlier release: the one with the `_id` does what it did.
_OLD_INDEX = "state_1_due_1"


class Calls(Part):
    """Calls by their id, that of the outreach."""

    def __init__(self, database: Database[Document]) -> None:
        super().__init__(database)
        self._calls = database["calls"]

    def create_indexes(self) -> None:
        """Create the indexes that are missing; safe to repeat."""
        super().create_indexes()
        create_index(self._calls, [("state", 1), ("due", 1), ("_id", 1)])
        drop_index(self._calls, _OLD_INDEX)
        create_index(self._calls, "customer_id")
        create_index(self._calls, "log_by", sparse=True)

    def put_call(self, call: Call) -> None:
        """Add a call; one that is there already stays as it is."""
        insert_new(self._calls, [_document(call)])

    def call(self, call_id: str) -> Call | None:
        """Return a call."""
        found = self._calls.find_one({"_id": call_id})
        return _call(found) if found else None

    def calls(self, state: State, after: tuple[datetime, str] | None, limit: int) -> list[Call]:
        """Return calls in a state, from the one after `after` (due and id).

        Open ones first due first: that is how they are worked through. Others last due first.
        """
        newest_first = state is not State.OPEN
        wanted = {"state": state, **beyond(after, "due", newest_first=newest_first)}
        direction = -1 if newest_first else 1
        order = [("due", direction), ("_id", direction)]
        return [_call(one) for one in self._calls.find(wanted).sort(order).limit(limit)]

    def save_attempt(self, before: Call, after: Call) -> bool:
        """Write a call after an attempt; False when it is not any more as it was before."""
        unchanged = {"_id": before.id, "attempts": before.attempts, "log_by": {"$exists": False}}
        return bool(self._calls.replace_one(unchanged, _document(after)).matched_count)

    def attempt_logged(self, call: Call) -> None:
        """Note that the world has been told of the last attempt; what was noted about it is there now."""
        told = {"_id": call.id, "attempts": call.attempts}
        self._calls.update_one(told, {"$unset": {"log_by": 1, "note": 1}})

    def unlogged_calls(self, now: datetime, limit: int) -> list[Call]:
        """Return calls of whose last attempt somebody should have told the world by now."""
        return [_call(one) for one in self._calls.find({"log_by": {"$lte": now}}).limit(limit)]

    def forget_calls(self, customer_ids: Iterable[str]) -> None:
        """Remove the calls to these customers."""
        self._calls.delete_many({"customer_id": {"$in": list(customer_ids)}})


def _document(call: Call) -> Document:
    fields: dict[str, Any] = msgspec.to_builtins(call, builtin_types=(datetime,))
    fields["_id"] = fields.pop("id")
    return {name: value for name, value in fields.items() if value is not None}


def _call(document: Document) -> Call:
    return msgspec.convert({**document, "id": document["_id"]}, Call)
