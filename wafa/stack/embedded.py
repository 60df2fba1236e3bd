"""Runs the embedded stand-in for MongoDB, and has it look first where an index leads.

By itself it reads the whole collection for a filter with `$or`, for an `_id` together with a condition, and
where an index holds only documents that have a field: a batch of notifications took it longer than services
wait for a database. What is found here it still compares with the whole filter, so that only the time is
another.
"""

import sys
from typing import Any, cast

from secantus.cli import main  # type: ignore[import-untyped]
from secantus.storage import Storage, _predicate_may_match_missing  # type: ignore[import-untyped]

JUNCTIONS = {"$and", "$or", "$nor"}

look_up, implies = Storage._try_index_id_keys, Storage._query_implies_partial


def look_where_an_index_leads(
    storage: Any, db: str, collection: str, wanted: dict[str, Any], *, collation: Any = None
) -> list[Any] | None:
    """Return the keys of all documents that may match, or None when the whole collection has to be read."""
    fields = {name: value for name, value in wanted.items() if name not in JUNCTIONS}
    found = None
    if len(fields) > 1 and "_id" in fields:
        found = look_up(storage, db, collection, {"_id": fields["_id"]}, collation=collation)
    if found is None:
        found = look_up(storage, db, collection, fields, collation=collation)
    return cast("list[Any] | None", found)


def asks_for_what_is_indexed(wanted: dict[str, Any], partial: dict[str, Any]) -> bool:
    """Tell whether an index of the documents that match `partial` has all that are wanted."""
    there = [name for name, condition in partial.items() if condition == {"$exists": True} and name in wanted]
    needless = {name for name in there if not _predicate_may_match_missing(wanted[name])}
    return bool(implies(wanted, {name: one for name, one in partial.items() if name not in needless}))


def install() -> None:
    """Let the server find what it is asked for in these ways."""
    Storage._try_index_id_keys = look_where_an_index_leads
    Storage._query_implies_partial = staticmethod(asks_for_what_is_indexed)


if __name__ == "__main__":
    install()
    sys.exit(main())
