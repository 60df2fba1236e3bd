"""The embedded stand-in reads no whole collection where an index leads, and finds the same."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from secantus.storage import Storage  # type: ignore[import-untyped]

from wafa.stack.embedded import asks_for_what_is_indexed, look_where_an_index_leads

MESSAGES = [{"_id": f"id-{number}", "customer_id": number % 3, "state": number % 2} for number in range(12)]


def by_id(documents: Any) -> list[dict[str, Any]]:
    return sorted(documents, key=lambda one: one["_id"])


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Any]:
    storage = Storage(str(tmp_path))
    storage.create_index("shop", "messages", "customer_id_1", {"customer_id": 1})
    storage.insert("shop", "messages", [dict(one) for one in MESSAGES])
    yield storage
    storage.close()


@pytest.mark.parametrize(
    ("wanted", "read"),
    [
        ({"_id": "id-3", "state": {"$ne": 0}}, 1),
        ({"_id": {"$in": ["id-3", "id-4"]}, "state": 1}, 2),
        ({"customer_id": {"$in": [1]}, "$or": [{"state": 1}, {"state": 0}]}, 4),
        ({"customer_id": 1, "$nor": [{"state": 1}]}, 4),
    ],
)
def test_only_what_an_index_leads_to_is_read(
    storage: Any, wanted: dict[str, Any], read: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = look_where_an_index_leads(storage, "shop", "messages", wanted)
    assert found is not None
    assert len(found) == read
    as_ever = storage.find_matching("shop", "messages", wanted)
    monkeypatch.setattr(Storage, "_try_index_id_keys", look_where_an_index_leads)
    assert by_id(storage.find_matching("shop", "messages", wanted)) == by_id(as_ever)


@pytest.mark.parametrize("wanted", [{}, {"state": {"$ne": 0}}, {"$or": [{"customer_id": 1}, {"state": 1}]}])
def test_where_none_leads_the_whole_collection_is_read(storage: Any, wanted: dict[str, Any]) -> None:
    assert look_where_an_index_leads(storage, "shop", "messages", wanted) is None


@pytest.mark.parametrize(
    ("wanted", "read"),
    [
        ({"due": {"$lte": 4}}, 2),
        ({"due": {"$gt": 0, "$lte": 2}}, 1),
        ({"due": 4}, 1),
        ({"due": None}, None),
        ({"due": {"$ne": 2}}, None),
        ({"state": 1}, None),
    ],
)
def test_an_index_of_those_that_have_a_field_leads_to_who_is_asked_for_by_it(
    storage: Any, wanted: dict[str, Any], read: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    having = {"partialFilterExpression": {"due": {"$exists": True}}}
    storage.create_index("shop", "messages", "due_1", {"due": 1}, having)
    storage.insert("shop", "messages", [{"_id": f"due {due}", "due": due, "state": 1} for due in (2, 4, 6)])
    as_ever = storage.find_matching("shop", "messages", wanted)
    monkeypatch.setattr(Storage, "_query_implies_partial", staticmethod(asks_for_what_is_indexed))
    found = look_where_an_index_leads(storage, "shop", "messages", wanted)
    assert (found if found is None else len(found)) == read
    assert by_id(storage.find_matching("shop", "messages", wanted)) == by_id(as_ever)
