"""Complaints as cases: what is folded from their events, and beside it what staff do with them.

A fold sets its own fields only, so `assignment` and `resolution_underway` outlive every fold. Each is written
under a guard of its own.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.database import Database

from services.interactions.domain.casework import OPEN, Assignment, Resolution
from services.interactions.store.versions import raise_versions
from wafa.runtime.indexes import create_indexes
from wafa.runtime.mongo import Document
from wafa.runtime.paging import beyond

#: The category goes with the person: without one, a case is nobody's any more.
_SOMEBODYS = {"category": {"$ne": ""}}


class CaseStore:
    """Reads and writes cases."""

    def __init__(self, database: Database[Document]) -> None:
        self._cases = database["cases"]

    def create_indexes(self) -> None:
        """Create the indexes that are missing."""
        create_indexes(
            self._cases,
            [
                IndexModel([("customer_id", ASCENDING), ("status", ASCENDING)], name="customer"),
                IndexModel(
                    [("status", ASCENDING), ("opened_at", ASCENDING), ("_id", ASCENDING)], name="queue"
                ),
            ],
        )

    def save(self, cases: Sequence[Document]) -> None:
        """Write folded cases in one round trip, each unless a newer version is stored."""
        raise_versions(
            self._cases, {case.pop("_id"): (case["version"], {"$set": case}) for case in map(dict, cases)}
        )

    def get(self, case_id: str) -> Document | None:
        """Return a case."""
        return self._cases.find_one({"_id": {"$eq": case_id}})

    def open_of(self, customer_ids: Sequence[str]) -> list[Document]:
        """Return the open cases of these customers, the latest first."""
        wanted = {"customer_id": {"$in": list(customer_ids)}, "status": OPEN}
        return list(self._cases.find(wanted).sort("opened_at", DESCENDING))

    def page(
        self, status: str, assignees: Sequence[str | None], after: tuple[datetime, str] | None, limit: int
    ) -> list[Document]:
        """Return cases: open ones from the oldest on, resolved ones from the newest on.

        Those of `assignees` (None: of nobody), of everybody where it is empty; from the one after `after`
        (time of opening and id). Not those of customers who were erased.
        """
        wanted: Document = {"status": {"$eq": status}, **_SOMEBODYS}
        if assignees:
            wanted["assignment.assignee"] = {"$in": [*assignees]}
        newest_first = status != OPEN
        wanted |= beyond(after, "opened_at", newest_first=newest_first)
        direction = DESCENDING if newest_first else ASCENDING
        order = [("opened_at", direction), ("_id", direction)]
        return list(self._cases.find(wanted).sort(order).limit(limit))

    def assign(self, case_id: str, before: Assignment | None, after: Assignment) -> bool:
        """Put somebody in charge of an open case; False where it or its assignment has changed meanwhile."""
        return self._set(case_id, {"assignment": before and asdict(before)}, {"assignment": asdict(after)})

    def begin_resolution(self, case_id: str, version: int, resolution: Resolution) -> bool:
        """Note how an open case is to be settled; False where somebody has, or the case has changed."""
        told_of_this = {"version": version, "resolution_underway.version": {"$ne": version}}
        return self._set(case_id, told_of_this, {"resolution_underway": asdict(resolution)})

    def redact(self, customer_ids: Sequence[str]) -> None:
        """Take everything personal from the cases of these customers."""
        without = {"assignment": 1, "resolution_underway": 1}
        self._cases.update_many(
            {"customer_id": {"$in": list(customer_ids)}},
            {"$set": {"category": "", "resolution": None}, "$unset": without},
        )

    def _set(self, case_id: str, unchanged: Document, values: Document) -> bool:
        guarded = {"_id": case_id, "status": OPEN, **_SOMEBODYS, **unchanged}
        return self._cases.update_one(guarded, {"$set": values}).matched_count > 0


def assignment_of(case: Document) -> Assignment | None:
    """Return who sees to a case."""
    return _made(Assignment, case.get("assignment"))


def resolution_of(case: Document) -> Resolution | None:
    """Return how a case was last begun to be settled."""
    return _made(Resolution, case.get("resolution_underway"))


def _made(kind: type, stored: Document | None) -> Any:
    return kind(**stored) if stored else None
