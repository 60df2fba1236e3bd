"""What the database is asked is counted and timed, by the command."""

import pytest
from prometheus_client import REGISTRY
from pymongo.errors import OperationFailure, PyMongoError
from pymongo.uri_parser import parse_uri

from tests.faults.proxy import Proxy
from tests.waiting import eventually
from wafa.runtime.mongo import answers, open_database


def figure(name: str, command: str) -> float:
    return REGISTRY.get_sample_value(name, {"command": command}) or 0.0


def members(state: str) -> float:
    return REGISTRY.get_sample_value("wafa_database_members", {"state": state}) or 0.0


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


def test_a_member_that_answers_no_longer_is_counted_as_away(mongodb_uri: str, unique: str) -> None:
    [(host, port)] = parse_uri(mongodb_uri)["nodelist"]
    with Proxy(port, [host]) as network:
        database = open_database(f"mongodb://127.0.0.1:{network.port}/?directConnection=true", unique)
        with database.client:
            assert answers(database)
            eventually(lambda: (members("answers"), members("away")) == (1, 0))
            network.stall()
            with pytest.raises(PyMongoError):
                answers(database)
            eventually(lambda: (members("answers"), members("away")) == (0, 1))
