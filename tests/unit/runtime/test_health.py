"""What a process answers to those who watch it."""

import json
from typing import Any

from prometheus_client.parser import text_string_to_metric_families
from werkzeug.test import Client

from wafa.runtime.health import Readiness, health_app


def asked(readiness: Readiness, path: str) -> tuple[int, Any]:
    response = Client(health_app(readiness)).get(path)
    return response.status_code, response.get_data(as_text=True)


def test_a_process_that_answers_is_healthy_whatever_it_waits_for() -> None:
    assert asked(Readiness(), "/healthz")[0] == 200


def test_a_process_is_not_ready_before_it_has_said_what_it_needs() -> None:
    assert asked(Readiness(), "/readyz")[0] == 503


def test_not_ready_names_what_is_missing() -> None:
    readiness = Readiness()
    readiness.add("mongodb", lambda: True)
    readiness.add("wafa.loyalty", lambda: False)

    status, body = asked(readiness, "/readyz")

    assert status == 503
    assert json.loads(body)["checks"] == {"mongodb": True, "wafa.loyalty": False}


def test_a_check_that_breaks_is_a_check_that_failed() -> None:
    readiness = Readiness()
    readiness.add("mongodb", lambda: 1 / 0 == 0)

    assert asked(readiness, "/readyz")[0] == 503


def test_ready_when_every_check_passes() -> None:
    readiness = Readiness()
    readiness.add("mongodb", lambda: True)

    assert asked(readiness, "/readyz")[0] == 200


def test_metrics_are_readable_by_prometheus() -> None:
    status, body = asked(Readiness(), "/metrics")

    assert status == 200
    assert "wafa_batch_seconds" in {family.name for family in text_string_to_metric_families(body)}


def test_another_page_is_a_clear_error() -> None:
    status, body = asked(Readiness(), "/")

    assert (status, json.loads(body)["error"]["code"]) == (404, "not_found")
