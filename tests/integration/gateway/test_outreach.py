"""Anybody in marketing can say of each customer who was contacted, who was not, and why."""

import pytest

from tests.integration.gateway.conftest import Front
from tests.integration.gateway.marketing import acquaint, broadcast, decisions, event, launched, publish
from tests.waiting import eventually


def test_every_decision_has_its_reason_and_what_it_was_based_on(front: Front, unique: str) -> None:
    acquaint(front, unique, f"{unique}-a", f"{unique}-b")
    forbid = {"channel": "email", "purpose": "marketing", "status": "withdrawn"}
    publish(front, event("consent.changed.v1", f"{unique}-b", **forbid))
    rule = {
        "and": [
            {"field": "tags", "op": "eq", "value": unique},
            {"field": "withdrawn", "op": "eq", "value": "email/marketing"},
        ]
    }
    eventually(lambda: front.post("/v1/segments/count", {"rule": rule}).json()["count"] == 1)

    name = launched(front, broadcast(unique, unique))

    eventually(lambda: {one["state"] for one in decisions(front, name)} == {"sent", "dropped"})
    [dropped] = decisions(front, name, state="dropped")
    assert (dropped["reason"], dropped["decision"]["outcome"]) == ("unsubscribed", "drop")
    assert dropped["decision"]["ways"] == [
        {"channel": "email", "has_address": True, "bounced": False, "consent": "withdrawn"}
    ]
    of_them = front.get(f"/v1/outreach?customer_id={dropped['customer_id']}").json()["outreach"]
    assert [one["id"] for one in of_them] == [dropped["id"]]


def test_a_purchase_that_follows_is_told_as_money(front: Front, unique: str) -> None:
    acquaint(front, unique, unique)
    name = launched(front, broadcast(unique, unique))
    eventually(lambda: decisions(front, name, state="sent"))

    paid = {"amount": "12.500", "currency": "KWD"}
    publish(front, event("purchase.completed.v1", unique, purchase_id=unique, total=paid))

    [row] = eventually(lambda: [one for one in decisions(front, name) if one.get("converted")])
    assert row["converted"]["total"] == paid


def test_pages_follow_each_other_without_gap_or_repetition(front: Front, unique: str) -> None:
    acquaint(front, unique, *(f"{unique}-{number}" for number in range(5)))
    name = launched(front, broadcast(unique, unique))
    eventually(lambda: len(decisions(front, name)) == 5)

    pages, path = [], f"/v1/outreach?campaign_id={name}&limit=2"
    while path:
        pages.append(front.get(path).json())
        token = pages[-1]["next"]
        path = f"/v1/outreach?campaign_id={name}&limit=2&before={token}" if token else ""

    assert [len(page["outreach"]) for page in pages] == [2, 2, 1]
    ids = [one["id"] for page in pages for one in page["outreach"]]
    assert ids == [one["id"] for one in decisions(front, name)]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "limit=0&campaign_id=x",
        "limit=501&campaign_id=x",
        "campaign_id=x&before=yesterday",
        "campaign_id=x&before=0001-01-01T00:00:00%2B23:59%20x",
        "campaign_id=",
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(front: Front, query: str) -> None:
    answer = front.get(f"/v1/outreach?{query}")

    assert (answer.status, answer.json()["error"]["code"]) == (422, "invalid"), answer.data


def test_somebody_who_is_not_known_has_no_messages(front: Front, unique: str) -> None:
    assert front.get(f"/v1/outreach?customer_id={unique}").json() == {"outreach": [], "next": None}
