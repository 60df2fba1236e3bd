"""The two writes that the rules of effect are made of."""

from pymongo.database import Database

from wafa.runtime.mongo import by_id, insert_new, replace_guarded


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
