"""Where fitted models are kept, one of which is active; and what they are fitted to."""

from collections.abc import Iterator
from typing import Any

import structlog
from pymongo import ASCENDING, DESCENDING
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from services.loyalty.domain.outlook.model import Model, from_plain, to_plain
from wafa.runtime.mongo import Document

log = structlog.get_logger(__name__)

_ACTIVE = "active"
_VERSIONS: Document = {"_id": {"$ne": _ACTIVE}}
_PARTS = {"customer_id": 1, "time": 1, "fact.purchase": 1, "fact.amount": 1}


class ModelStore:
    """Collection `models`: a document for each version, by its number, and one that says which is active."""

    def __init__(self, database: Database[Document]) -> None:
        self._models = database["models"]
        self._ledger = database["ledger"]
        self._members = database["members"]

    def active(self) -> Model | None:
        """Return the active model; None before the first, and where it is not to be read."""
        version = self.active_version()
        found = self._models.find_one({"_id": version}, {"model": 1}) if version is not None else None
        return _model(version, found.get("model")) if found else None

    def active_version(self) -> int | None:
        """Return the version of the active model."""
        found = self._models.find_one({"_id": _ACTIVE})
        return found["version"] if found else None

    def add(self, model: Model, about: Document) -> int:
        """Keep a model under the next version, with what else is known of it; return that version.

        Of two jobs that add at the same time, each gets a version of its own.
        """
        while True:
            last = self._models.find_one(_VERSIONS, {"_id": 1}, sort=[("_id", DESCENDING)])
            version: int = last["_id"] + 1 if last else 1
            plain = {**to_plain(model), "version": version}
            try:
                self._models.insert_one({"_id": version, "model": plain, **about})
            except DuplicateKeyError:
                continue
            return version

    def activate(self, version: int) -> bool:
        """Make a version the active one; False: there is none of this number."""
        if self._models.find_one({"_id": version}, {"_id": 1}) is None:
            return False
        self._models.replace_one({"_id": _ACTIVE}, {"version": version}, upsert=True)
        return True

    def versions(self) -> list[dict[str, Any]]:
        """Return all versions, the latest first, without the models themselves."""
        return list(self._models.find(_VERSIONS, {"model": 0}).sort("_id", DESCENDING))

    def purchases(self) -> Iterator[Document]:
        """Yield the ledger rows of purchases, of people who were not erased, by customer."""
        wanted = {"fact.kind": "purchase", "fact.purchase": {"$ne": "erased"}}
        return iter(self._ledger.find(wanted, _PARTS).sort("customer_id", ASCENDING))

    def returns(self) -> Iterator[Document]:
        """Yield the ledger rows of returns, likewise."""
        wanted = {"fact.kind": "return", "fact.purchase": {"$ne": "erased"}}
        return iter(self._ledger.find(wanted, _PARTS))

    def aliases(self) -> dict[str, str]:
        """Return who was merged into whom."""
        merged = self._members.find({"merged.into": {"$exists": True}}, {"merged.into": 1})
        return {one["_id"]: one["merged"]["into"] for one in merged}


def _model(version: int | None, plain: Any) -> Model | None:
    # A model of another release may have other parts; none is better than no service.
    try:
        return from_plain(plain)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        log.warning(
            "the active model cannot be read, the first figures hold", version=version, error=repr(error)
        )
        return None
