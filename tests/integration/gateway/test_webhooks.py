"""Webhooks over HTTP, through the whole system: from a purchase posted to an event delivered."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pymongo import MongoClient

from services.gateway.idempotency.claims import ABANDONED
from tests.conftest import unique_name
from tests.integration.gateway.conftest import Front
from tests.integration.gateway.subscribers import Subscriber, signed_by
from tests.integration.notifications.gateways import Call
from tests.waiting import eventually
from wafa.contracts.times import format_time
from wafa.runtime.client import Client
from wafa.runtime.clock import now

RECORDED = "interaction.recorded.v1"
PING = "wafa.ping.v1"


@pytest.fixture
def webhook(front: Front, receiver: Subscriber) -> Iterator[dict[str, Any]]:
    """A subscription, as it was answered when it was made."""
    made = front.post("/v1/webhooks", {"url": receiver.url(), "types": ["interaction.*"]})
    assert made.status == 201, made.data
    yield made.json()
    front.ask("DELETE", f"/v1/webhooks/{made.json()['id']}")


def visit(front: Front, person: str) -> None:
    """Let somebody come in."""
    event = {
        "specversion": "1.0",
        "id": unique_name(),
        "source": "/test/till",
        "type": "contact.logged.v1",
        "time": format_time(now()),
        "data": {
            "customer": {"email": f"{person}@example.com"},
            "kind": "visit",
            "direction": "inbound",
            "purpose": "sales",
            "channel": "store",
            "agent": person,
        },
    }
    answer = front.post("/v1/events", event)
    assert answer.status == 202, answer.data


def about(receiver: Subscriber, person: str) -> list[Call]:
    """Return the visits of a person that have arrived."""
    return [one for one in receiver.got(RECORDED) if one.content["data"]["data"].get("agent") == person]


def path(webhook: dict[str, Any], rest: str = "") -> str:
    return f"/v1/webhooks/{webhook['id']}{rest}"


def changed(front: Front, webhook: dict[str, Any], **fields: Any) -> Any:
    answer = front.ask("PATCH", path(webhook), fields)
    assert answer.status == 200, answer.data
    return answer.json()


def test_what_happens_arrives_signed_within_seconds(
    front: Front, receiver: Subscriber, webhook: dict[str, Any], unique: str
) -> None:
    visit(front, unique)
    [call] = eventually(lambda: about(receiver, unique))
    assert signed_by(call, webhook["secret"])
    assert call.content["specversion"] == "1.0"
    [delivery] = eventually(
        lambda: [
            one
            for one in front.get(path(webhook, "/deliveries?state=delivered")).json()["deliveries"]
            if one["message_id"] == call.headers["webhook-id"]
        ]
    )
    assert (delivery["type"], delivery["attempts"], delivery["status"]) == (RECORDED, 1, 202)


def test_the_secret_is_shown_once(front: Front, webhook: dict[str, Any]) -> None:
    assert webhook["secret"].startswith("whsec_")
    for answer in (front.get(path(webhook)), front.get("/v1/webhooks")):
        assert webhook["id"] in answer.data.decode()
        assert "whsec_" not in answer.data.decode()


def test_a_secret_is_not_kept_for_who_sends_the_request_again(
    front: Front, receiver: Subscriber, unique: str, mongo_client: MongoClient
) -> None:
    wanted, name = {"url": receiver.url(), "types": ["loyalty.*"]}, {"Idempotency-Key": unique}
    made = front.post("/v1/webhooks", wanted, **name).json()
    again = front.post("/v1/webhooks", wanted, **name)
    other = front.post("/v1/webhooks", {**wanted, "types": ["*"]}, **name)

    assert (again.status, again.json()["error"]["code"]) == (409, "secret_shown_once")
    assert (other.status, other.json()["error"]["code"]) == (422, "idempotency_key_reused")
    rotated = [front.post(path(made, "/rotate"), **name) for _ in range(2)]
    assert [one.status for one in rotated] == [200, 409]
    [database] = [
        one
        for one in mongo_client.list_database_names()
        if mongo_client[one]["webhooks"].find_one(made["id"])
    ]
    kept = str([*mongo_client[database]["answers"].find({"_id": {"$regex": unique}})])
    assert unique in kept
    for secret in (made["secret"], rotated[0].json()["secret"]):
        assert secret not in kept
    front.ask("DELETE", path(made))


@pytest.mark.parametrize("left_by", ["a process that died", "one that lost the database"])
def test_who_subscribes_again_because_nobody_answered_is_subscribed_once(
    front: Front, receiver: Subscriber, unique: str, mongo_client: MongoClient, left_by: str
) -> None:
    wanted, name = {"url": f"{receiver.url()}&{unique}", "types": ["loyalty.*"]}, {"Idempotency-Key": unique}
    first = front.post("/v1/webhooks", wanted, **name).json()
    [answers] = [
        mongo_client[one]["answers"]
        for one in mongo_client.list_database_names()
        if mongo_client[one]["webhooks"].find_one(first["id"])
    ]
    long_ago = {"at": now() - 2 * ABANDONED} if left_by == "a process that died" else {"given_up": True}
    answers.update_one({"_id": {"$regex": unique}}, {"$set": long_ago, "$unset": {"answer": 1}})

    second = front.post("/v1/webhooks", wanted, **name)

    assert second.status == 201, second.data
    assert second.json()["secret"] != first["secret"], "which nobody has heard"
    mine = [one for one in front.get("/v1/webhooks").json()["webhooks"] if one["url"] == wanted["url"]]
    assert [one["id"] for one in mine] == [first["id"]]
    pinged = front.post(path(first, "/test"))
    assert pinged.status == 202, pinged.data
    call, *_ = eventually(lambda: receiver.got(PING))
    assert signed_by(call, second.json()["secret"])
    front.ask("DELETE", path(first))


def test_a_test_event_tells_at_once_whether_the_receiver_works(
    front: Front, receiver: Subscriber, webhook: dict[str, Any]
) -> None:
    answer = front.post(path(webhook, "/test"))
    assert answer.status == 202, answer.data
    [call] = eventually(lambda: receiver.got(PING))
    assert call.headers["webhook-id"] == answer.json()["message_id"]
    assert signed_by(call, webhook["secret"])


def test_while_a_secret_is_replaced_receivers_may_know_either(
    front: Front, receiver: Subscriber, webhook: dict[str, Any]
) -> None:
    new = front.post(path(webhook, "/rotate")).json()["secret"]
    assert new != webhook["secret"]
    front.post(path(webhook, "/test"))
    [call] = eventually(lambda: receiver.got(PING))
    assert signed_by(call, new)
    assert signed_by(call, webhook["secret"])


def test_what_a_paused_subscription_misses_comes_when_it_goes_on(
    front: Front, receiver: Subscriber, webhook: dict[str, Any], unique: str
) -> None:
    paused = changed(front, webhook, state="paused")
    assert (paused["state"], paused["paused_because"]) == ("paused", "asked")
    assert front.post(path(webhook, "/test")).status == 409
    visit(front, unique)
    eventually(lambda: front.get(path(webhook, "/deliveries?state=waiting")).json()["deliveries"])
    assert not about(receiver, unique)
    assert "paused_at" not in changed(front, webhook, state="active")
    eventually(lambda: about(receiver, unique))


def test_what_was_delivered_can_be_had_again_under_the_same_id(
    front: Front, receiver: Subscriber, webhook: dict[str, Any], unique: str
) -> None:
    before = now()
    visit(front, unique)
    eventually(lambda: about(receiver, unique))
    eventually(lambda: not front.get(path(webhook, "/deliveries?state=waiting")).json()["deliveries"])
    span = {"since": format_time(before - timedelta(minutes=1)), "types": [RECORDED]}
    answer = front.post(path(webhook, "/replay"), span)
    assert answer.status == 200, answer.data
    assert answer.json()["replayed"] >= 1
    eventually(lambda: len(about(receiver, unique)) == 2)
    assert len({one.headers["webhook-id"] for one in about(receiver, unique)}) == 1


def test_deliveries_are_paged_without_what_was_sent(
    front: Front, receiver: Subscriber, webhook: dict[str, Any], unique: str
) -> None:
    for _ in range(3):
        visit(front, unique)
    eventually(lambda: len(about(receiver, unique)) == 3)
    seen: list[str] = []
    more: str | None = ""
    while more is not None:
        page = front.get(path(webhook, f"/deliveries?limit=2{more}")).json()
        more = page["next"] and f"&before={page['next']}"
        assert unique not in str(page)
        seen += [one["message_id"] for one in page["deliveries"]]
    assert len(seen) == len({*seen}) >= 3


def test_whoever_ends_a_subscription_hears_no_more(
    front: Front, receiver: Subscriber, webhook: dict[str, Any]
) -> None:
    assert front.ask("DELETE", path(webhook)).status == 204
    for method, rest in (("GET", ""), ("DELETE", ""), ("POST", "/test"), ("GET", "/deliveries")):
        assert front.ask(method, path(webhook, rest)).status == 404


def test_nobody_gets_by_a_subscription_what_their_key_may_not_read(
    front: Front, receiver: Subscriber, webhook: dict[str, Any]
) -> None:
    narrow = front.holding("webhooks:write", "members:read")
    wanted = {"url": receiver.url(), "types": ["loyalty.*", "customer.recognized.v1"]}
    made = narrow.post("/v1/webhooks", wanted)
    assert made.status == 201, made.data
    for answer in (
        narrow.post("/v1/webhooks", wanted | {"types": ["customer.*"]}),
        narrow.ask("PATCH", path(made.json()), {"types": ["*"]}),
        narrow.ask("PATCH", path(webhook), {"url": receiver.url()}),
        narrow.post(path(webhook, "/rotate")),
    ):
        assert answer.status == 403, answer.data
        assert "customers:read" in answer.json()["error"]["message"] or (
            "interactions:read" in answer.json()["error"]["message"]
        )
    assert narrow.ask("DELETE", path(made.json())).status == 204


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"types": ["purchase.completed.v1"]}, "types.0"),
        ({"types": []}, "types"),
        ({"types": ["loyalty.*", "$where"]}, "types.1"),
        ({"url": "ftp://hooks.example/"}, "url"),
        ({"url": "https://user:password@hooks.example/"}, "url"),
        ({"url": {"$gt": ""}}, "url"),
        ({"url": "https://hooks.invalid/"}, "url"),
        ({"more": 1}, "more"),
    ],
)
def test_a_mistake_is_told_with_its_place(front: Front, wrong: dict[str, Any], where: str) -> None:
    answer = front.post("/v1/webhooks", {"url": "https://hooks.example/", "types": ["*"]} | wrong)
    assert answer.status == 422, answer.data
    assert where in [one["path"] for one in answer.json()["error"]["details"]]


@pytest.mark.parametrize(
    "rest", ["/deliveries?before=yesterday", "/deliveries?limit=0", "/deliveries?state=x"]
)
def test_a_page_that_cannot_be_is_refused(front: Front, webhook: dict[str, Any], rest: str) -> None:
    assert front.get(path(webhook, rest)).status == 422


@pytest.mark.parametrize(
    "since",
    [
        "yesterday",
        "2026-03-01T00:00:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        None,
        {"$gt": ""},
    ],
)
def test_a_replay_from_no_moment_is_refused(front: Front, webhook: dict[str, Any], since: Any) -> None:
    assert front.post(path(webhook, "/replay"), {"since": since}).status == 422


def test_of_a_person_who_is_erased_only_the_erasure_is_still_delivered(
    front: Front, receiver: Subscriber, unique: str
) -> None:
    types = ["interaction.*", "customer.*"]
    webhook = front.post("/v1/webhooks", {"url": receiver.url(), "types": types}).json()
    changed(front, webhook, state="paused")
    visit(front, unique)
    kept = "/deliveries?limit=200"
    eventually(
        lambda: (
            {RECORDED, "customer.created.v1"}
            <= {one["type"] for one in front.get(path(webhook, kept)).json()["deliveries"]}
        )
    )
    with Client(front.stack.amqp_uri) as services:
        person = services.call("customers", "lookup", email=f"{unique}@example.com")["customer_id"]
        change = services.call("customers", "erase", person)["change_id"]

        def confirmed() -> bool:
            [found] = services.call("customers", "changes", change_id=change)["changes"]
            return "gateway" in found["confirmed"]

        eventually(confirmed)
    changed(front, webhook, state="active")
    erasures = eventually(lambda: receiver.got("customer.erased.v1"))
    assert person in [one.content["data"]["customer_id"] for one in erasures]
    assert not about(receiver, unique)
    assert not [one for one in receiver.got("customer.created.v1") if unique in one.body.decode()]
    front.ask("DELETE", path(webhook))
