"""What staff really get is what the documentation promises: with people, money and complaints in it."""

import functools
from typing import Any

import jsonschema_rs

from services.gateway.openapi import document
from tests.conftest import unique_name
from tests.integration.gateway.conftest import Front
from tests.integration.gateway.marketing import Json, event
from tests.integration.gateway.people import arrived, bought, card, complained
from tests.waiting import eventually


@functools.cache
def whole() -> Json:
    found: Json = document()
    return found


def documented(front: Front, method: str, path: str, body: Any = None, **names: str) -> Json:
    """Ask, hold the answer against the schema of its address, and return it."""
    answer = front.ask(method, path.format(**names), body)
    responses = whole()["paths"][path.partition("?")[0]][method.lower()]["responses"]
    promised = responses[str(answer.status)]["content"]["application/json"]["schema"]
    validator = jsonschema_rs.validator_for({**promised, "components": whole()["components"]})
    assert answer.status < 300, answer.data
    assert [*validator.iter_errors(answer.json())] == []
    told: Json = answer.json()
    return told


def test_every_answer_about_somebody_is_as_documented(front: Front) -> None:
    who, other = unique_name(), unique_name()
    purchase = bought(who, "120.00", days_ago=40, via="agent-7", account="acme", initiator="customer")
    number = purchase["data"]["purchase_id"]
    line = {"sku": "A1", "name": "تمر", "quantity": 2, "unit_price": {"amount": "60.00", "currency": "USD"}}
    back = {
        "return_id": unique_name(),
        "purchase_id": number,
        "total": {"amount": "20.00", "currency": "USD"},
    }
    rated = {"kind": "nps", "score": 9, "comment": "ممتاز", "about": {"type": "purchase", "id": number}}
    progress = {
        "reference": "repair-1",
        "status": "ready",
        "expected_cost": {"amount": "5.00", "currency": "USD"},
    }
    id = arrived(
        front,
        purchase,
        bought(who, "80.00", lines=[line]),
        event("purchase.returned.v1", who, **back),
        event("points.granted.v1", who, grant_id=unique_name(), points=25, reason="birthday"),
        event("feedback.given.v1", who, **rated),
        event("contact.logged.v1", who, kind="call", direction="inbound", purpose="service", agent="sara"),
        event("service.progressed.v1", who, **progress),
        complained(who, unique_name()),
        who=who,
    )
    alias = arrived(front, bought(other), who=other)
    path = f"/v1/customers/{id}/interactions"
    eventually(lambda: len(front.get(path).json()["interactions"]) == 8)
    eventually(lambda: card(front, id)["recognized"] and len(_entries(front, id)) == 4)

    documented(front, "GET", "/v1/customers/{customer_id}", customer_id=id)
    shown = documented(front, "GET", "/v1/customers/{customer_id}/card", customer_id=id)
    assert shown["last_feedback"]["data"]["score"] == 9
    documented(front, "GET", "/v1/customers/{customer_id}/interactions", customer_id=id)
    documented(front, "GET", "/v1/members/{customer_id}", customer_id=id)
    documented(front, "GET", "/v1/members/{customer_id}/ledger", customer_id=id)
    spend = {"redemption_id": "1", "points": 5}
    documented(front, "POST", "/v1/members/{customer_id}/redeem", spend, customer_id=id)
    case = shown["open_cases"][0]["case_id"]
    documented(front, "GET", "/v1/cases?limit=200")
    documented(front, "GET", "/v1/cases/{case_id}", case_id=case)
    documented(front, "POST", "/v1/cases/{case_id}/assign", {"assignee": "sara"}, case_id=case)
    settled = {"resolution": "sent anew", "agent": "sara"}
    documented(front, "POST", "/v1/cases/{case_id}/resolve", settled, case_id=case)
    merge = "/v1/customers/{customer_id}/merge"
    documented(front, "POST", merge, {"from_id": alias, "dry_run": True}, customer_id=id)
    documented(front, "POST", merge, {"from_id": alias}, customer_id=id)
    documented(front, "GET", "/v1/customers/changes")
    documented(front, "GET", "/v1/customers/{customer_id}/export", customer_id=id)
    documented(front, "POST", "/v1/customers/{customer_id}/unmerge", {"dry_run": True}, customer_id=alias)

    erase = "/v1/customers/{customer_id}/erase"
    documented(front, "POST", erase, {"dry_run": True}, customer_id=id)
    documented(front, "POST", erase, {"dry_run": False}, customer_id=id)
    eventually(lambda: all(one.get("redacted") for one in front.get(path).json()["interactions"]))
    documented(front, "GET", "/v1/customers/{customer_id}", customer_id=id)
    documented(front, "GET", "/v1/customers/{customer_id}/card", customer_id=id)
    documented(front, "GET", "/v1/customers/{customer_id}/interactions", customer_id=id)
    documented(front, "GET", "/v1/cases/{case_id}", case_id=case)
    documented(front, "GET", "/v1/customers/{customer_id}/export", customer_id=id)


def _entries(front: Front, customer_id: str) -> list[Json]:
    found: list[Json] = front.get(f"/v1/members/{customer_id}/ledger").json()["entries"]
    return found
