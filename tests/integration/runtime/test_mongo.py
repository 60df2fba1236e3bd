"""The two writes that the rules of effect are made of."""

import pytest
from pymongo.database import Database
from pymongo.errors import PyMongoError

from tests.faults.proxy import Proxy
from wafa.runtime.mongo import answers, by_id, insert_new, open_database, replace_guarded


def test_inserting_again_tells_what_was_there_and_keeps_it(database: Database) -> None:
    rows = database["rows"]
    insert_new(rows, [{"_id": "a", "n": 1}])

    assert insert_new(rows, [{"_id": "a", "n": 2}, {"_id": "b", "n": 2}]) == ["a"]
    assert {key: row["n"] for key, row in by_id(rows, ["a", "b", "c"]).items()} == {"a": 1, "b": 2}


def test_nothing_to_write_asks_the_server_for_nothing(database: Database) -> None:
    assert insert_new(database["rows"], []) == []
    assert replace_guarded(database["rows"], []) == set()
    assert by_id(database["rows"], []) == {}


def test_a_first_version_is_inserted_and_later_ones_replace_their_predecessor(database: Database) -> None:
    members = database["members"]

    assert replace_guarded(members, [{"_id": "a", "version": 1, "points": 1}]) == set()
    assert replace_guarded(members, [{"_id": "a", "version": 2, "points": 2}]) == set()
    assert by_id(members, ["a"])["a"]["points"] == 2


def test_the_loser_of_a_race_is_told_and_changes_nothing(database: Database) -> None:
    members = database["members"]
    replace_guarded(members, [{"_id": "a", "version": 1}, {"_id": "b", "version": 1}])
    replace_guarded(members, [{"_id": "a", "version": 2, "by": "the winner"}])

    moved = replace_guarded(
        members, [{"_id": "a", "version": 2, "by": "the loser"}, {"_id": "b", "version": 2, "by": "alone"}]
    )

    assert moved == {"a"}
    assert {key: one["by"] for key, one in by_id(members, ["a", "b"]).items()} == {
        "a": "the winner",
        "b": "alone",
    }


def test_two_first_inserts_of_one_aggregate_have_one_winner(database: Database) -> None:
    members = database["members"]
    replace_guarded(members, [{"_id": "a", "version": 1, "by": "the winner"}])

    assert replace_guarded(members, [{"_id": "a", "version": 1, "by": "the loser"}]) == {"a"}
    assert by_id(members, ["a"])["a"]["by"] == "the winner"


@pytest.mark.timeout(15)
def test_a_probe_is_answered_also_when_the_server_was_cut_off_in_the_middle(database: Database) -> None:
    host, port = database.client.address
    with Proxy(port, [host]) as network:
        cut_off = open_database(f"mongodb://127.0.0.1:{network.port}/?directConnection=true", database.name)
        with cut_off.client:
            assert answers(cut_off)
            network.stall()
            with pytest.raises(PyMongoError):
                answers(cut_off)
