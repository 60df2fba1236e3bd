"""Other systems publish over HTTP: what is accepted is in Wafa, what is not is told with its place."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import urllib3

from tests.conftest import unique_name
from tests.integration.gateway.conftest import Front
from tests.waiting import eventually
from wafa.contracts.envelope import BATCH, STRUCTURED, Event, make_event
from wafa.runtime.client import Client
from wafa.runtime.clock import now

JSON = "application/json"


@pytest.fixture
def shop() -> str:
    return unique_name()


def contact(shop: str, number: int = 1, **more: Any) -> Event:
    data = {
        "customer": {"external_ids": [{"system": shop, "id": "1"}]},
        "kind": "visit",
        "direction": "inbound",
        "purpose": "advice",
        **more,
    }
    return make_event("contact.logged.v1", source=f"/{shop}", id=f"{number}", time=now(), data=data)


def send(
    front: Front,
    body: bytes | Iterator[bytes],
    content_type: str = JSON,
    path: str = "/v1/events",
    **headers: str,
) -> urllib3.BaseHTTPResponse:
    """Post these very bytes."""
    # A connection of its own: where a body was refused unread, there is no way to go on.
    ours = {"Authorization": f"Bearer {front.token}", "Content-Type": content_type, "Connection": "close"}
    return urllib3.request("POST", front.url + path, body=body, headers=ours | headers, retries=False)


def recorded(front: Front, shop: str) -> list[dict[str, Any]]:
    """Return what Wafa has of the only customer of a shop."""
    with Client(front.stack.amqp_uri) as services:
        customer = services.call("customers", "lookup", system=shop, id="1")
        if customer is None:
            return []
        return list(services.call("interactions", "timeline", customer["customer_id"])["interactions"])


def test_of_a_mixed_array_the_valid_ones_are_published_and_the_others_named(front: Front, shop: str) -> None:
    wrong = contact(shop, 2, kind="telepathy")
    unknown = contact(shop, 3) | {"type": "contact.loged.v1"}
    purchase = make_event(
        "purchase.completed.v1",
        source=f"/{shop}",
        id="4",
        time=now(),
        data={
            "customer": {"external_ids": [{"system": shop, "id": "1"}]},
            "purchase_id": "p1",
            "total": {"amount": "10.00", "currency": "USD"},
        },
    )
    answer = front.post("/v1/events", [contact(shop), wrong, unknown, purchase])

    assert answer.status == 202, answer.data
    said = answer.json()
    assert (said["accepted"], said["rejected"]) == (2, 2)
    assert [(one["index"], one["id"], one["status"]) for one in said["results"]] == [
        (0, "1", "accepted"),
        (1, "2", "rejected"),
        (2, "3", "rejected"),
        (3, "4", "accepted"),
    ]
    assert [one["errors"][0]["path"] for one in said["results"][1:3]] == ["data.kind", "type"]
    assert "contact.logged.v1" in said["results"][2]["errors"][0]["message"]
    there = eventually(lambda: found if len(found := recorded(front, shop)) == 2 else [])
    assert {one["event_id"] for one in there} == {"1", "4"}


def test_when_none_is_valid_the_paths_lead_through_the_body(front: Front, shop: str) -> None:
    one = front.post("/v1/events", contact(shop, kind="telepathy"))
    several = front.post("/v1/events", [contact(shop, kind="telepathy"), 5])

    assert (one.status, several.status) == (422, 422)
    assert [detail["path"] for detail in one.json()["error"]["details"]] == ["data.kind"]
    assert [detail["path"] for detail in several.json()["error"]["details"]] == ["0.data.kind", "1"]
    assert {detail["reason"] for detail in several.json()["error"]["details"]} == {"invalid"}


@pytest.mark.parametrize(("form", "many"), [(JSON, False), (JSON, True), (STRUCTURED, False), (BATCH, True)])
def test_every_form_of_cloudevents_in_json_is_taken(front: Front, shop: str, form: str, many: bool) -> None:
    event = contact(shop)
    body = json.dumps([event] if many else event).encode()

    answer = send(front, body, f"{form}; charset=utf-8")

    assert answer.status == 202, answer.data
    assert answer.json()["accepted"] == 1


def test_arabic_arrives_as_it_was_written(front: Front, shop: str) -> None:
    said = "سأل عن قهوة «هرري» ☕ وعن موعد الافتتاح"
    plain = json.dumps(contact(shop, 1, summary=said), ensure_ascii=False).encode()
    escaped = json.dumps(contact(shop, 2, summary=said), ensure_ascii=True).encode()

    assert [send(front, body).status for body in (plain, escaped)] == [202, 202]

    there = eventually(lambda: found if len(found := recorded(front, shop)) == 2 else [])
    assert [one["data"]["summary"] for one in there] == [said, said]


def test_the_same_event_twice_has_one_effect(front: Front, shop: str) -> None:
    twice = [contact(shop), contact(shop)]
    twice[1]["time"] = twice[0]["time"]
    assert front.post("/v1/events", twice).json()["accepted"] == 2
    assert front.post("/v1/events", twice[0]).status == 202
    assert front.post("/v1/events", contact(shop, 2)).status == 202

    there = eventually(lambda: found if len(found := recorded(front, shop)) >= 2 else [])
    assert [one["event_id"] for one in there] == ["2", "1"]


def test_nobody_outside_says_that_a_tier_has_changed(front: Front, shop: str) -> None:
    forged = contact(shop) | {"type": "loyalty.tier_changed.v1"}

    answer = front.post("/v1/events", forged)

    assert answer.status == 422
    assert answer.json()["error"]["details"][0]["reason"] == "forbidden_type"


def test_a_key_publishes_from_its_own_sources_and_of_its_own_types(front: Front, shop: str) -> None:
    till = front.holding("events:write", sources=[f"/{shop}"], types=["contact.*"])
    elsewhere = contact(unique_name())
    purchase = contact(shop, 2) | {"type": "purchase.completed.v1"}
    purchase["data"] |= {"purchase_id": "1", "total": {"amount": "1.00", "currency": "USD"}}

    answer = till.post("/v1/events", [contact(shop), elsewhere, purchase])

    assert answer.status == 202, answer.data
    reasons = [[error["reason"] for error in one["errors"]] for one in answer.json()["results"]]
    assert reasons == [[], ["forbidden_source"], ["forbidden_type"]]


@pytest.mark.parametrize("path", ["/v1/events", "/v1/events/validate"])
def test_another_form_is_415_and_broken_json_400(front: Front, path: str) -> None:
    assert send(front, b"<event/>", "application/xml", path).status == 415
    assert send(front, b"{}", "application/json; charset=utf-16", path).status == 415
    assert send(front, b"{}", JSON, path, **{"Content-Encoding": "gzip"}).status == 415
    assert send(front, b'{"id": ', JSON, path).status == 400


@pytest.mark.parametrize("path", ["/v1/events", "/v1/events/validate"])
def test_too_much_is_413_whether_its_length_was_told_or_not(front: Front, path: str) -> None:
    too_long = b'"' + b"x" * (9 * 1024 * 1024) + b'"'
    too_many = json.dumps([1] * 1001).encode()

    for body in (too_long, too_many):
        answer = send(front, body, path=path)
        assert answer.status == 413, answer.data
        assert answer.json()["error"]["code"] == "too_large"
    in_pieces = send(front, iter([b"x" * 1024 * 1024] * 9), path=path)
    assert in_pieces.status == 413


def test_validating_tells_all_that_is_wrong_and_publishes_nothing(front: Front, shop: str) -> None:
    bad = contact(shop, 2, kind="telepathy", purpose="magic")

    answer = front.post("/v1/events/validate", [contact(shop, 1), bad])
    assert front.post("/v1/events", contact(shop, 3)).status == 202

    assert answer.status == 200, answer.data
    said = answer.json()
    assert [one["status"] for one in said["results"]] == ["accepted", "rejected"]
    assert {error["path"] for error in said["results"][1]["errors"]} == {"data.kind", "data.purpose"}
    there = eventually(lambda: recorded(front, shop))
    assert [one["event_id"] for one in there] == ["3"]


def test_a_request_sent_again_by_the_same_name_is_answered_as_the_first_time(front: Front, shop: str) -> None:
    name = {"Idempotency-Key": unique_name()}
    body = [contact(shop), 5]

    first, second = front.post("/v1/events", body, **name), front.post("/v1/events", body, **name)
    other = front.post("/v1/events", [contact(shop, 2)], **name)

    assert (first.status, second.status, second.data) == (202, 202, first.data)
    assert (first.headers.get("Idempotent-Replayed"), second.headers["Idempotent-Replayed"]) == (None, "true")
    assert (other.status, other.json()["error"]["code"]) == (422, "idempotency_key_reused")


def test_of_many_at_once_by_the_same_name_one_is_answered_and_the_others_hear_of_it(
    front: Front, shop: str
) -> None:
    name = {"Idempotency-Key": unique_name()}
    body = [contact(shop, number) for number in range(200)]
    with ThreadPoolExecutor(8) as clients:
        answers = [*clients.map(lambda _: front.post("/v1/events", body, **name), range(8))]

    firsts = [one for one in answers if one.status == 202 and "Idempotent-Replayed" not in one.headers]
    assert len(firsts) == 1
    assert {one.status for one in answers} <= {202, 409}


def test_a_name_with_odd_characters_is_refused(front: Front, shop: str) -> None:
    answer = front.post("/v1/events", contact(shop), **{"Idempotency-Key": "x" * 201})

    assert answer.status == 422, answer.data
    assert answer.json()["error"]["details"][0]["path"] == "Idempotency-Key"
