"""What marketing really gets is what the documentation promises: with customers, messages and money in it."""

import functools
from typing import Any

import jsonschema_rs

from services.gateway.openapi import document
from tests.integration.gateway.conftest import Front
from tests.integration.gateway.marketing import (
    TEXTS,
    acquaint,
    audience,
    broadcast,
    decisions,
    event,
    launched,
    publish,
    today,
)
from tests.waiting import eventually


@functools.cache
def whole() -> dict[str, Any]:
    found: dict[str, Any] = document()
    return found


def check(front: Front, method: str, path: str, body: object = None, *, at: str | None = None) -> None:
    """Ask, and hold the answer against the schema of the address (`at`, with its names in braces)."""
    answer = front.ask(method, path, body)
    assert answer.status == 200, answer.data
    responses = whole()["paths"][at or path.partition("?")[0]][method.lower()]["responses"]
    schema = {
        **responses["200"]["content"]["application/json"]["schema"],
        "components": whole()["components"],
    }
    wrong = [*jsonschema_rs.validator_for(schema).iter_errors(answer.json())]
    assert wrong == []


def test_every_answer_with_something_in_it_is_as_documented(front: Front, unique: str) -> None:
    acquaint(front, unique, *(f"{unique}-{number}" for number in range(6)))
    name = launched(front, broadcast(unique, unique, holdout="50%"))
    eventually(
        lambda: len([one for one in decisions(front, name) if one["state"] in ("sent", "dropped")]) == 6
    )
    for number in range(6):
        paid = {"amount": "12.50", "currency": "USD"}
        bought = {"purchase_id": f"{unique}-{number}", "total": paid}
        publish(front, event("purchase.completed.v1", f"{unique}-{number}", **bought))
    eventually(lambda: all(one.get("converted") for one in decisions(front, name)))
    publish(front, {**event("purchase.completed.v1", unique), "data": {"customer": 5}})
    eventually(lambda: front.get("/v1/rejected-events").json()["rejected_events"])

    campaign = "/v1/campaigns/{campaign_id}"
    check(front, "GET", "/v1/campaigns")
    check(front, "GET", f"/v1/campaigns/{name}", at=campaign)
    check(front, "GET", f"/v1/campaigns/{name}/report", at=f"{campaign}/report")
    check(front, "POST", f"/v1/campaigns/{name}/preview", at=f"{campaign}/preview")
    past = {"since": today(), "limit": 3}
    check(front, "POST", f"/v1/campaigns/{name}/simulate", past, at=f"{campaign}/simulate")
    check(front, "POST", "/v1/campaigns/check", {"campaign": broadcast("x", unique), "texts": TEXTS})
    check(front, "GET", f"/v1/outreach?campaign_id={name}")
    check(front, "GET", "/v1/segments")
    check(front, "POST", "/v1/segments/count", {"rule": audience(unique)})
    check(front, "POST", "/v1/segments/sample", {"rule": audience(unique)})
    check(front, "POST", "/v1/templates/check", {"texts": {"news": {"en": {"txt": "{{ nobody }}"}}}})
    check(front, "POST", "/v1/templates/show", {"texts": TEXTS})
    check(front, "GET", "/v1/rejected-events")
    [one, *_] = front.get("/v1/rejected-events").json()["rejected_events"]
    entry = "/v1/rejected-events/{rejection_id}"
    check(front, "GET", f"/v1/rejected-events/{one['id']}", at=entry)
