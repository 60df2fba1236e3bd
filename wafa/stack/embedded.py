"""Runs the embedded stand-in for MongoDB, and has it look first where an index leads.

By itself it reads the whole collection for a filter with `$or`, and for an `_id` together with a condition: a
batch of notifications took it longer than services wait for a database. What is found here it still compares
with the whole filter, so that only the time is another.
"""

import sys
from typing import Any, cast

from secantus.cli import main  # type: ignore[import-untyped]
from secantus.storage import Storage  # type: ignore[import-untyped]

JUNCTIONS = {"$and", "$or", "$nor"}

look_up = Storage._try_index_id_keys


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


if __name__ == "__main__":
    Storage._try_index_id_keys = look_where_an_index_leads
    sys.exit(main())
