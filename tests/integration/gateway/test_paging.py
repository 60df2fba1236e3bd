"""All lists are paged in one way: what goes into `before` is a `next`, and nothing else."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from services.gateway.openapi import document
from tests.integration.gateway.conftest import Front
from tests.integration.gateway.people import refusal
from wafa.contracts.cursor import BY_NAME, BY_TIME

Operation = dict[str, Any]
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
GARBAGE = ["x", "%7B%22$gt%22:%22%22%7D", "2026-03-01T12:00:00Z~a", "2026-03-01T12:00:00Z%20a", "W10", "%00"]


def lists() -> dict[str, Operation]:
    """The lists of the document by their path."""
    known = {path: item["get"] for path, item in document()["paths"].items() if "get" in item}
    return {path: one for path, one in known.items() if "before" in asked(one)}


def asked(operation: Operation) -> list[str]:
    return [one["name"] for one in operation.get("parameters", ()) if one.get("in") == "query"]


def test_each_list_takes_a_limit_and_answers_where_the_next_page_begins() -> None:
    schemas = document()["components"]["schemas"]
    for path, one in lists().items():
        content = one["responses"]["200"]["content"]["application/json"]["schema"]
        answer = schemas[content["$ref"].rpartition("/")[2]]
        assert "limit" in asked(one), path
        assert "next" in answer["required"], path


def test_what_grows_without_end_is_paged() -> None:
    growing = {
        "/v1/calls",
        "/v1/campaigns",
        "/v1/cases",
        "/v1/outreach",
        "/v1/rejected-events",
        "/v1/audit",
        "/v1/customers/changes",
        "/v1/customers/{customer_id}/interactions",
        "/v1/members/{customer_id}/ledger",
        "/v1/webhooks/{webhook_id}/deliveries",
    }
    assert growing <= {*lists()}


@pytest.mark.parametrize("path", lists())
def test_a_place_that_is_none_is_refused_with_its_field(front: Front, path: str) -> None:
    somewhere = re.sub(r"\{\w+\}", "x", path)
    by_name = path in ("/v1/audit", "/v1/campaigns")
    of_another_list = BY_TIME.encode(AT, "a") if by_name else BY_NAME.encode("a")
    for before in [*GARBAGE, "A" * 401, of_another_list]:
        answer = front.get(f"{somewhere}?before={before}")

        assert refusal(answer) == (422, "invalid"), before
        assert {one["path"] for one in answer.json()["error"]["details"]} == {"before"}, before
