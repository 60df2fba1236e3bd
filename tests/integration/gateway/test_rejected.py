"""What was refused is found, corrected and published again, by those who may."""

from typing import Any

import pytest

from tests.integration.gateway.conftest import Front
from tests.integration.gateway.marketing import event, publish
from tests.waiting import eventually
from wafa.contracts.examples import example

Json = dict[str, Any]


def broken(who: str) -> Json:
    """A purchase with an amount that cannot be."""
    return event("purchase.completed.v1", who, purchase_id=who, total={"amount": "1.005", "currency": "USD"})


def refused(front: Front, wrong: Json) -> Json:
    """Publish something wrong past all checks; return its entry in quarantine."""
    publish(front, wrong)

    def look() -> Json | None:
        found = front.get("/v1/rejected-events?reason=invalid").json()["rejected_events"]
        return next((one for one in found if one.get("event_id") == wrong["id"]), None)

    entry = eventually(look)
    assert entry is not None
    return entry


def test_a_refused_event_is_corrected_and_published_again(front: Front, unique: str) -> None:
    wrong = broken(unique)
    entry = refused(front, wrong)
    assert (entry["path"], entry["event_type"]) == ("data.total.amount", "purchase.completed.v1")
    path = f"/v1/rejected-events/{entry['id']}"
    assert '"1.005"' in front.get(path).json()["body"]

    as_it_was = front.post(f"{path}/replay", {})
    assert as_it_was.status == 422, as_it_was.data
    assert [one["path"] for one in as_it_was.json()["error"]["details"]] == ["data.total.amount"]

    right = {**wrong, "data": {**wrong["data"], "total": {"amount": "1.01", "currency": "USD"}}}
    for _ in range(2):
        answer = front.post(f"{path}/replay", {"corrected": right})
        assert answer.status == 200, answer.data
        assert answer.json()["replayed"] == [{name: wrong[name] for name in ("source", "id", "type")}]
    found = eventually(
        lambda: (
            (answer := front.get(f"/v1/customers/lookup?email={unique}@example.com")).status == 200
            and answer.json()
        )
    )
    card = eventually(
        lambda: (card := front.get(f"/v1/customers/{found['customer_id']}/card").json())["member"] and card
    )
    assert card["member"]["purchase_count"] == 1
    assert front.get(path).json()["status"] == "replayed"


def test_pages_follow_each_other_without_gap_or_repetition(front: Front, unique: str) -> None:
    mine = [refused(front, broken(f"{unique}-{number}"))["id"] for number in range(3)]

    seen, path = [], "/v1/rejected-events?limit=2"
    while path:
        page = front.get(path).json()
        seen += [one["id"] for one in page["rejected_events"]]
        path = f"/v1/rejected-events?limit=2&before={page['next']}" if page["next"] else ""

    assert len(seen) == len({*seen})
    assert {*mine} <= {*seen}


def test_a_correction_that_is_still_wrong_is_told_where_it_is(front: Front, unique: str) -> None:
    wrong = broken(unique)
    entry = refused(front, wrong)
    for corrected, path in [
        (wrong, "corrected.data.total.amount"),
        ({**wrong, "type": "purchase.dreamt.v1"}, "corrected.type"),
        ([], "corrected"),
        ("x", "corrected"),
        ([5], "corrected"),
    ]:
        answer = front.post(f"/v1/rejected-events/{entry['id']}/replay", {"corrected": corrected})
        assert answer.status == 422, answer.data
        assert [one["path"] for one in answer.json()["error"]["details"]] == [path]


def test_nobody_publishes_by_a_detour_what_their_key_may_not(front: Front, unique: str) -> None:
    wrong = broken(unique)
    entry = refused(front, wrong)
    path = f"/v1/rejected-events/{entry['id']}/replay"
    shop = front.holding("rejected:replay", sources=["/shop/*"])

    for body in ({}, {"corrected": wrong}, {"corrected": [{**wrong, "source": "/shop/1"}, wrong]}):
        answer = shop.post(path, body)
        assert (answer.status, answer.json()["error"]["code"]) == (403, "forbidden"), answer.data
    settled = shop.post(path, {"corrected": {**example("purchase.completed.v1"), "source": "/shop/1"}})
    assert (settled.status, settled.json()["error"]["code"]) == (403, "forbidden"), "not theirs to settle"
    assert front.get(f"/v1/rejected-events/{entry['id']}").json()["status"] == "open"
    own = front.holding("rejected:replay", sources=[wrong["source"]])
    assert own.post(path, {"corrected": wrong}).status == 422, "only wrong now"


def test_nobody_says_by_a_correction_that_somebody_is_erased(front: Front, unique: str) -> None:
    wrong = broken(unique)
    entry = refused(front, wrong)
    forged = example("customer.erased.v1")
    operator = front.holding("operator")

    for corrected, path in ((forged, "corrected.type"), ([wrong, forged], "corrected.1.type")):
        answer = operator.post(f"/v1/rejected-events/{entry['id']}/replay", {"corrected": corrected})
        assert answer.status == 422, answer.data
        assert [one["path"] for one in answer.json()["error"]["details"]] == [path]
        assert answer.json()["error"]["details"][0]["reason"] == "forbidden_type"
    assert front.get(f"/v1/rejected-events/{entry['id']}").json()["status"] == "open"


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("POST", "/replay")])
def test_an_entry_that_there_is_not_is_404(front: Front, method: str, path: str) -> None:
    answer = front.ask(method, f"/v1/rejected-events/nothing{path}", {} if method == "POST" else None)

    assert answer.status == 404, answer.data


@pytest.mark.parametrize(
    "query", ["status=lost", "reason=bad%20mood", "limit=0", "limit=many", "before=then"]
)
def test_a_question_that_cannot_be_answered_is_refused(front: Front, query: str) -> None:
    assert front.get(f"/v1/rejected-events?{query}").status == 422
