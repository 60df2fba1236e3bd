"""Whose fault it is: who asks wrongly is told what is wrong; where we are wrong, nobody learns over what."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner
from pymongo import MongoClient

from tests.conftest import unique_name
from tests.integration.gateway.conftest import Front
from tests.integration.gateway.people import arrived, bought, card, refusal
from tests.waiting import eventually
from wafa.cli import cli

#: What stands in a row that no code of ours knows what to do with.
PERSONAL = "gift to sara@example.com"


@pytest.fixture
def broken(front: Front, mongo_client: MongoClient[dict[str, Any]]) -> Iterator[str]:
    """The id of a member whose ledger cannot be read: our `ValueError` quotes what is in it."""
    who = unique_name()
    id = arrived(front, bought(who), who=who)
    eventually(lambda: card(front, id)["member"])
    [ledger] = [
        mongo_client[name]["ledger"]
        for name in mongo_client.list_database_names()
        if name.endswith("_loyalty") and mongo_client[name]["ledger"].find_one({"customer_id": id})
    ]
    ledger.update_many({"customer_id": id}, {"$set": {"fact.kind": PERSONAL}})
    yield id
    ledger.delete_many({"customer_id": id})


def logged(front: Front, service: str) -> list[dict[str, Any]]:
    text = (front.stack.log_folder / f"{service}.log").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_a_fault_of_ours_is_no_bad_request_and_only_the_log_of_the_service_says_where(
    front: Front, broken: str
) -> None:
    answer = front.get(f"/v1/members/{broken}/ledger")

    assert refusal(answer) == (500, "internal")
    assert "sara" not in answer.data.decode()
    lines = [one for one in logged(front, "loyalty") if one["event"] == "unexpected error in a worker"]
    [trace] = lines[-1]["exception"]
    assert trace["exc_type"] == "ValueError"
    assert trace["frames"][-1]["name"] == "decode_fact"
    for service in ("loyalty", "web"):
        assert "sara" not in json.dumps(logged(front, service))
    told = [one for one in logged(front, "web") if one["event"] == "a service broke down"]
    assert "loyalty.ledger broke down (ValueError)" in told[-1]["error"]


def test_the_command_says_which_service_broke_down_and_where_to_look(
    front: Front, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMQP_URI", front.stack.amqp_uri)

    done = CliRunner().invoke(cli, ["members", "ledger", broken])

    told = "wafa: loyalty.ledger broke down (ValueError); the log of loyalty says where\n"
    assert (done.exit_code, done.stdout, done.stderr) == (1, "", told)


def test_what_a_service_cannot_do_with_an_argument_is_told_with_its_path(front: Front) -> None:
    before = len(logged(front, "notifications"))

    answer = front.post("/v1/templates/show", {"template": "nothing"})

    assert refusal(answer) == (422, "invalid")
    [detail] = answer.json()["error"]["details"]
    assert detail["path"] == "template"
    assert detail["message"].startswith("must be one of ")
    assert "unexpected" not in json.dumps(logged(front, "notifications")[before:])
