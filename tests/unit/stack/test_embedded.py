"""The embedded stand-in reads no whole collection where an index leads, and finds the same."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from secantus import query  # type: ignore[import-untyped]
from secantus.collation import parse  # type: ignore[import-untyped]
from secantus.query import matches  # type: ignore[import-untyped]
from secantus.storage import Storage  # type: ignore[import-untyped]

from wafa.stack.embedded import (
    asks_for_what_is_indexed,
    look_where_an_index_leads,
    matches_texts,
    page_by_id,
)

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


# The server always has some variables.
IN_ORDER = {"sort": {"_id": 1}, "limit": 3, "let": {"NOW": 0}}


@pytest.mark.parametrize(
    ("wanted", "options", "read"),
    [
        ({}, {}, 3),
        ({"_id": {"$gt": "id-4"}}, {}, 4),
        ({"_id": {"$gt": "id-45"}}, {}, 3),
        ({"_id": {"$gt": "id-8"}}, {}, 2),
        ({"_id": {"$gt": "id-9"}}, {}, 1),
        ({"_id": {"$gt": "id-1"}, "state": 1}, {"projection": {"customer_id": 1}}, 7),
        ({"$or": [{"state": 0}, {"customer_id": 2}]}, {"projection": {"state": 0}}, 4),
    ],
)
def test_of_a_page_by_id_no_more_is_read_than_it_takes(
    storage: Any, wanted: dict[str, Any], options: dict[str, Any], read: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage.insert("shop", "a", [{"_id": "id-1"}])
    storage.insert("shop", "z", [{"_id": "id-1"}])
    as_ever = storage.find_matching("shop", "messages", wanted, **IN_ORDER, **options)
    was_read: list[int] = []
    fetch = Storage._docs_by_recordids

    def counted(storage: Any, db: str, collection: str, ids: list[int]) -> Any:
        was_read.extend(ids)
        return fetch(storage, db, collection, ids)

    monkeypatch.setattr(Storage, "_docs_by_recordids", counted)
    assert page_by_id(storage, "shop", "messages", wanted, **IN_ORDER, **options) == as_ever
    # The one that it begins after is read, too, if it is there.
    assert len(was_read) == read


@pytest.mark.parametrize(
    ("wanted", "options"),
    [
        ({"_id": {"$gt": "id-4", "$lte": "id-8"}}, IN_ORDER),
        ({"_id": {"$in": ["id-4", "id-3"]}}, IN_ORDER),
        ({"_id": "id-4"}, IN_ORDER),
        ({"customer_id": 1}, IN_ORDER),
        ({"customer_id": 1, "_id": {"$gt": "id-4"}}, IN_ORDER),
        ({}, {**IN_ORDER, "skip": 2}),
        ({}, {**IN_ORDER, "limit": 0}),
        ({}, {**IN_ORDER, "sort": {"_id": -1}}),
        ({}, {**IN_ORDER, "sort": {"state": 1, "_id": 1}}),
        ({}, {"limit": 3}),
    ],
)
def test_what_is_no_such_page_is_found_as_ever(
    storage: Any, wanted: dict[str, Any], options: dict[str, Any]
) -> None:
    as_ever = storage.find_matching("shop", "messages", wanted, **options)
    assert page_by_id(storage, "shop", "messages", wanted, **options) == as_ever


def test_ids_of_other_types_stand_where_they_stand_as_ever(storage: Any) -> None:
    storage.insert("shop", "messages", [{"_id": 7}, {"_id": {"a": 1}}, {"_id": "id-"}, {"_id": "ß"}])
    for wanted in ({}, {"_id": {"$gt": "id-"}}, {"_id": {"$gt": "z"}}):
        options = {"sort": {"_id": 1}, "limit": 50}
        as_ever = storage.find_matching("shop", "messages", wanted, **options)
        assert page_by_id(storage, "shop", "messages", wanted, **options) == as_ever


VALUES = st.one_of(
    st.sampled_from(["a", "b", "A", "", "1"]),
    st.sampled_from([None, 1, 1.0, True]),
    st.lists(st.sampled_from(["a", "b", 1]), max_size=2),
    st.builds(lambda inner: {"x": inner}, st.sampled_from(["a", ["a"], None])),
)
CONDITIONS = st.one_of(
    VALUES,
    st.builds(lambda values: {"$in": values}, st.lists(VALUES, max_size=4)),
    st.builds(lambda values: {"$in": values}, st.lists(st.sampled_from(["a", "b", "c"]), max_size=4)),
    st.builds(lambda values, no: {"$in": values, "$ne": no}, st.lists(VALUES, max_size=4), VALUES),
    st.builds(lambda values: {"$nin": values}, st.lists(VALUES, max_size=4)),
)
NAMES = st.sampled_from(["_id", "name", "name.x", "other"])


@given(
    st.lists(st.dictionaries(st.sampled_from(["_id", "name", "other"]), VALUES), min_size=1, max_size=4),
    st.dictionaries(NAMES, CONDITIONS, max_size=3),
    st.sampled_from([None, parse({"locale": "en", "strength": 1})]),
)
def test_documents_match_as_ever(
    documents: list[dict[str, Any]], wanted: dict[str, Any], collation: Any
) -> None:
    for document in documents:
        as_ever = matches(document, wanted, collation=collation)
        assert matches_texts(document, wanted, collation=collation) == as_ever


def test_a_text_is_not_compared_with_each_of_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    def compare(*_: object, **__: object) -> bool:
        raise AssertionError("compared one by one")

    monkeypatch.setattr(query, "_in_candidate_matches", compare)
    wanted = {"_id": {"$in": [f"id-{number}" for number in range(1000)]}}
    assert matches_texts({"_id": "id-999"}, wanted)
    assert not matches_texts({"_id": "id-1000"}, wanted)
    with pytest.raises(AssertionError, match="one by one"):
        matches({"_id": "id-999"}, wanted)
