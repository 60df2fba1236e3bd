"""Marketing counts a segment and looks at some of it; nobody's rule becomes a database's operator."""

import pytest

from tests.integration.gateway.conftest import Front
from tests.integration.gateway.marketing import acquaint, audience


def test_what_there_is_to_build_with_is_listed_in_both_languages(front: Front) -> None:
    found = front.get("/v1/segments").json()

    names = {one["name"]: one for one in found["segments"]}
    assert names["at_risk"]["title"] == {"en": "At risk", "ar": "معرضون للفقدان"}
    assert {"name": "repeat", "kind": "flag"}.items() <= next(
        one.items() for one in found["fields"] if one["name"] == "repeat"
    )


def test_a_rule_is_counted_and_some_of_them_are_shown(front: Front, unique: str) -> None:
    acquaint(front, unique, f"{unique}-a", f"{unique}-b", f"{unique}-c")
    rule = audience(unique)

    counted = front.post("/v1/segments/count", {"rule": rule}).json()
    sample = front.post("/v1/segments/sample", {"rule": rule, "limit": 2}).json()

    assert (counted["count"], counted["rule"]) == (3, rule)
    assert [one["name"] for one in sample["customers"]] == ["سارة", "سارة"]
    assert sample["customers"][0]["traits"]["language"] == "ar"


def test_a_predefined_segment_goes_by_its_name(front: Front) -> None:
    assert front.post("/v1/segments/count", {"rule": "loyal"}).status == 200


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        ("nothing", "rule.segment"),
        ({"field": "password", "op": "eq", "value": 1}, "rule.field"),
        ({"and": [{"field": "points", "op": "$gt", "value": 1}]}, "rule.and[0].op"),
        ({"$where": "sleep(1000)"}, "rule"),
        ({"field": "tier", "op": "eq", "value": {"$ne": ""}}, "rule.value"),
        (5, "rule"),
        (["loyal"], "rule"),
        (None, "rule"),
    ],
)
def test_a_rule_that_cannot_be_understood_is_told_where(front: Front, rule: object, path: str) -> None:
    for look in ("count", "sample"):
        answer = front.post(f"/v1/segments/{look}", {"rule": rule})
        assert answer.status == 422, answer.data
        assert [one["path"] for one in answer.json()["error"]["details"]] == [path]
