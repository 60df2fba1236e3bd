"""An index that a release defines otherwise is exchanged, and no service dies of it."""

from typing import Any

import pytest
from pymongo import IndexModel
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from wafa.runtime.indexes import create_index, create_indexes


def defined(database: Database) -> list[dict[str, Any]]:
    found = [dict(one) for one in database["rows"].list_indexes() if one["name"] != "_id_"]
    return [{**one, "key": dict(one["key"])} for one in found]


def test_other_keys_under_a_name_that_is_taken_take_the_place_of_the_old(database: Database) -> None:
    create_indexes(database["rows"], [IndexModel([("a", 1)], name="page")])

    create_indexes(database["rows"], [IndexModel([("a", 1), ("b", -1)], name="page")])

    [index] = defined(database)
    assert index["key"] == {"a": 1, "b": -1}


def test_it_is_exchanged_once_however_often_services_start(database: Database) -> None:
    create_index(database["rows"], [("a", 1)], name="page")
    for _ in range(3):
        create_index(database["rows"], [("b", 1)], name="page")
        [once] = defined(database)

    assert once["key"] == {"b": 1}


def test_what_the_earlier_release_makes_again_beside_us_is_dropped_at_the_next_start(
    database: Database,
) -> None:
    create_index(database["rows"], [("a", 1)], name="page")
    create_index(database["rows"], [("b", 1)], name="page")
    database["rows"].create_index([("a", 1)], name="page")

    create_index(database["rows"], [("b", 1)], name="page")

    [index] = defined(database)
    assert index["key"] == {"b": 1}


def test_other_options_of_the_same_keys(database: Database) -> None:
    create_index(database["rows"], "a")

    create_index(database["rows"], "a", unique=True)

    database["rows"].insert_one({"a": 1})
    with pytest.raises(DuplicateKeyError):
        database["rows"].insert_one({"a": 1})
    assert len(defined(database)) == 1


def test_another_lifetime_is_changed_without_a_new_index(database: Database) -> None:
    create_index(database["rows"], "at", expireAfterSeconds=60)

    create_index(database["rows"], "at", expireAfterSeconds=3600)

    [index] = defined(database)
    assert (index["name"], index["expireAfterSeconds"]) == ("at_1", 3600)


def test_what_is_there_already_asks_for_nothing(database: Database) -> None:
    for _ in range(2):
        create_indexes(
            database["rows"],
            [
                IndexModel("wakes", name="wakes", partialFilterExpression={"wakes": {"$exists": True}}),
                IndexModel([("a", 1), ("_id", -1)]),
                IndexModel("s", sparse=True),
            ],
        )
    assert sorted(one["name"] for one in defined(database)) == ["a_1__id_-1", "s_1", "wakes"]
