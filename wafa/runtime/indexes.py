"""Indexes that are changed from release to release while the old one still runs.

MongoDB builds an index beside reads and writes. What it refuses is another definition under a name that is
taken: that would end every service of the new release at its start. So a changed index comes under a name of
its own, and the old one goes when the new one is there: at no moment is there none.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

import structlog
from pymongo import IndexModel
from pymongo.collection import Collection
from pymongo.errors import OperationFailure

from wafa.runtime.mongo import Document, drop_index

log = structlog.get_logger(__name__)

#: IndexOptionsConflict, IndexKeySpecsConflict.
CONFLICTS = (85, 86)
LIFETIME = "expireAfterSeconds"
#: What the server adds to a definition.
_ADDED = ("v", "ns", "background")


def create_index(collection: Collection[Document], keys: Any, **options: Any) -> None:
    """Create one index; see `create_indexes`."""
    create_indexes(collection, [IndexModel(keys, **options)])


def create_indexes(collection: Collection[Document], models: Sequence[IndexModel]) -> None:
    """Create indexes that are missing; one that is defined anew takes the place of the old."""
    there = {one["name"]: _plain(one) for one in collection.list_indexes()}
    wanted = [model for model in models if _plain(model.document) not in there.values()]
    for model in wanted:
        _create(collection, model, there)
    for model in models:
        # A process of the earlier release has made its own again, at its start.
        old = there.get(model.document["name"])
        if model not in wanted and old not in (None, _plain(model.document)):
            drop_index(collection, model.document["name"])


def _create(collection: Collection[Document], model: IndexModel, there: dict[str, Document]) -> None:
    definition = model.document
    old = there.get(definition["name"])
    # An index of the new definition under its other name was found above: nothing is left to do then.
    if old is None:
        try:
            collection.create_indexes([model])
            return
        except OperationFailure as error:
            if error.code not in CONFLICTS:
                raise
            # Another process of the new release was faster, or the same keys stand under another name.
            old = next((one for one in there.values() if one["key"] == dict(definition["key"])), None)
            if old is None:
                raise
    _exchange(collection, definition, next(name for name, one in there.items() if one is old))


def _exchange(collection: Collection[Document], definition: Any, old: str) -> None:
    log.warning("index is defined anew", collection=collection.name, index=old)
    if LIFETIME in definition and _only_lives_otherwise(collection, definition, old):
        change = {"name": old, LIFETIME: definition[LIFETIME]}
        collection.database.command("collMod", collection.name, index=change)
        return
    anew = {**definition, "name": _new_name(definition)}
    collection.database.command("createIndexes", collection.name, indexes=[anew])
    drop_index(collection, old)


def _only_lives_otherwise(collection: Collection[Document], definition: Any, old: str) -> bool:
    [there] = [_plain(one) for one in collection.list_indexes() if one["name"] == old]
    return LIFETIME in there and _plain({**definition, LIFETIME: there[LIFETIME]}) == there


def _new_name(definition: Any) -> str:
    return f"{definition['name'][:60]}_{hashlib.sha256(repr(_plain(definition)).encode()).hexdigest()[:8]}"


def _plain(definition: Any) -> Document:
    """Return what makes an index what it is: not its name."""
    told = {name: value for name, value in dict(definition).items() if name not in (*_ADDED, "name")}
    told["key"] = {name: int(order) for name, order in dict(definition["key"]).items()}
    return {name: told[name] for name in sorted(told) if told[name] is not False}
