"""What the documentation says is what the front door does, whatever it is sent."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from services.gateway.openapi import document
from tests.integration.gateway.conftest import Front

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
#: To go through what events may hold, one by one, would take ten minutes; the contract's own tests do that.
_CONFIG = schemathesis.Config.from_dict(
    {
        "operations": [
            {"include-path": path, "phases": {"coverage": {"enabled": False}}}
            for path in ("/v1/events", "/v1/events/validate")
        ]
    }
)
#: The answer of a stream does not end.
SCHEMA = schemathesis.openapi.from_dict(document(), config=_CONFIG).exclude(path="/v1/stream")


@pytest.fixture(scope="module")
def hasty(front: Front) -> Front:
    """Who may do everything, as often as they like."""
    return front.holding("admin", per_minute=1_000_000)


@SCHEMA.parametrize()
@settings(max_examples=10, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_one_that_the_document_promises(case: Any, hasty: Front) -> None:
    headers = {"Authorization": f"Bearer {hasty.token}"}
    case.call_and_validate(base_url=hasty.url, headers=headers, checks=CHECKS)
