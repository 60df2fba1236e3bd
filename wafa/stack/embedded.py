"""Runs the embedded stand-in for MongoDB, and has it look first where an index leads.

By itself it reads the whole collection for a filter with `$or`, for an `_id` together with a condition,
where an index holds only documents that have a field, and for each page by `_id`; and it compares each
document with every text of a list. A batch of notifications took it longer than services wait for a database,
and `wafa reconcile` minutes. What is found here it still compares with the whole filter, so that only the
time is another.
"""

import sys
import threading
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, cast

import secantus.storage as engine  # type: ignore[import-untyped]
from secantus import deadline
from secantus.cli import main  # type: ignore[import-untyped]
from secantus.projection import apply_projection_batch  # type: ignore[import-untyped]
from secantus.query import matches  # type: ignore[import-untyped]
from secantus.storage import (
    _NAT_SEQ_TABLE,
    Storage,
    _id_key,
    _predicate_may_match_missing,
    wt,
)

JUNCTIONS = {"$and", "$or", "$nor"}

look_up, implies = Storage._try_index_id_keys, Storage._query_implies_partial
find = Storage.find_matching
_last = threading.local()


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


def matches_texts(
    document: Mapping[str, Any],
    wanted: Mapping[str, Any],
    *,
    vars: dict[str, Any] | None = None,
    collation: Any = None,
) -> bool:
    """Compare a document as ever, but a text with a list of texts at one go."""
    if collation is not None:
        return bool(matches(document, wanted, vars=vars, collation=collation))
    left = {}
    for name, condition in wanted.items():
        value = document.get(name)
        if type(value) is str and (texts := _texts(condition)) is not None:
            if value not in texts:
                return False
        else:
            left[name] = condition
    return bool(matches(document, left, vars=vars))


def _texts(condition: Any) -> frozenset[str] | None:
    """Return the texts of a condition that wants one of a list; many documents are compared with the same."""
    if not isinstance(condition, Mapping) or [*condition] != ["$in"]:
        return None
    values = condition["$in"]
    known = getattr(_last, "known", None)
    if known is None or known[0] is not values:
        alike = isinstance(values, list) and all(type(one) is str for one in values)
        known = _last.known = (values, frozenset(values) if alike else None)
    return cast("frozenset[str] | None", known[1])


def page_by_id(
    storage: Any,
    db: str,
    collection: str,
    filter: Mapping[str, Any] | None = None,
    *,
    skip: int = 0,
    limit: int = 0,
    sort: Mapping[str, Any] | None = None,
    projection: Mapping[str, Any] | None = None,
    let: dict[str, Any] | None = None,
    **others: Any,
) -> list[dict[str, Any]]:
    """Find as ever; of those that are wanted in the order of their ids, read no more than the page takes."""
    wanted = dict(filter or {})
    conditions = {name: value for name, value in wanted.items() if name != "_id"}
    after = _beginning(wanted)
    if (
        after is None
        or not limit
        or skip
        or dict(sort or {}) != {"_id": 1}
        or any(others.values())
        or storage._is_timeseries(db, collection)
        or look_where_an_index_leads(storage, db, collection, conditions) is not None
        or db in ("admin", "local")
    ):
        others |= {"skip": skip, "limit": limit, "sort": sort, "projection": projection, "let": let}
        return cast("list[dict[str, Any]]", find(storage, db, collection, filter, **others))
    with storage._lock:
        storage._refresh_read_snapshot()
        found = (
            one for one in _in_order(storage, db, collection, after) if matches_texts(one, wanted, vars=let)
        )
        page = [*islice(found, limit)]
    if projection:
        page = apply_projection_batch(page, projection, wanted, has_sort=True)
    return page


def _beginning(wanted: Mapping[str, Any]) -> bytes | None:
    """Return the key after which a page begins; None if it is not one of those that follow an id."""
    if "_id" not in wanted:
        return b""
    condition = wanted["_id"]
    follows = isinstance(condition, Mapping) and [*condition] == ["$gt"] and isinstance(condition["$gt"], str)
    return cast(bytes, _id_key(condition["$gt"])) if follows else None


def _in_order(storage: Any, db: str, collection: str, after: bytes) -> Iterator[dict[str, Any]]:
    """Yield documents in the order of their ids, each read when it is asked for."""
    index = storage._cursor(_NAT_SEQ_TABLE)
    index.set_key(db, collection, after)
    near = index.search_near()
    there = near != wt.WT_NOTFOUND and (near >= 0 or index.next() == 0)
    while there and index.get_key()[:2] == [db, collection]:
        deadline.check()
        yield from storage._docs_by_recordids(db, collection, [int(index.get_value())])
        there = index.next() == 0


def install() -> None:
    """Let the server find what it is asked for in these ways."""
    Storage.find_matching = page_by_id
    engine.matches = matches_texts
    Storage._try_index_id_keys = look_where_an_index_leads
    Storage._query_implies_partial = staticmethod(asks_for_what_is_indexed)


if __name__ == "__main__":
    install()
    sys.exit(main())
