"""What the database is asked is counted and timed, by the command."""

import pytest
from prometheus_client import REGISTRY
from pymongo.errors import OperationFailure

from wafa.runtime.mongo import open_database


def figure(name: str, command: str) -> float:
    return REGISTRY.get_sample_value(name, {"command": command}) or 0.0


@pytest.fixture
def watched(mongodb_uri: str, unique: str):
    database = open_database(mongodb_uri, unique)
    yield database
    database.client.drop_database(unique)
    database.client.close()


def test_writes_and_reads_are_timed_apart(watched) -> None:
    before = {name: figure("wafa_database_seconds_count", name) for name in ("insert", "find", "update")}
    watched.things.insert_many([{"_id": number} for number in range(100)])
    watched.things.find_one({"_id": 7})
    after = {name: figure("wafa_database_seconds_count", name) for name in before}
    assert after == {"insert": before["insert"] + 1, "find": before["find"] + 1, "update": before["update"]}
    assert figure("wafa_database_seconds_sum", "insert") > 0


def test_a_command_that_the_database_refuses_is_counted_as_such(watched) -> None:
    before = figure("wafa_database_failures_total", "find")
    with pytest.raises(OperationFailure):
        watched.things.find_one({"$no_such_operator": 1})
    assert figure("wafa_database_failures_total", "find") == before + 1


def test_there_are_no_more_names_than_we_have_chosen(watched) -> None:
    """Whatever a release of PyMongo or an operator thinks of."""
    before = figure("wafa_database_seconds_count", "other")
    watched.command("buildInfo")
    assert figure("wafa_database_seconds_count", "other") == before + 1
    assert figure("wafa_database_seconds_count", "buildInfo") == 0
