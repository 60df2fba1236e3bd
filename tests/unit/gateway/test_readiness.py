"""A front door that is not ready says in its log why, not only to the probe that it is not."""

from types import SimpleNamespace

import structlog
from flask import Flask
from pymongo.errors import OperationFailure

from services.gateway.means import EXTENSION
from services.gateway.resources.health import health


class Store:
    """The database, which may refuse."""

    def __init__(self, fault: Exception | None = None) -> None:
        self._fault = fault

    def ping(self) -> None:
        if self._fault:
            raise self._fault


def asked(store: Store) -> tuple[int, list[str]]:
    """Return the status of /readyz, and the errors that were logged."""
    app = Flask(__name__)
    app.register_blueprint(health)
    app.extensions[EXTENSION] = SimpleNamespace(store=store, caller=SimpleNamespace(connected=True))
    with structlog.testing.capture_logs() as logged:
        answer = app.test_client().get("/readyz")
    return answer.status_code, [one["error"] for one in logged]


def test_a_password_that_the_database_does_not_know_is_told_in_the_log() -> None:
    status, errors = asked(Store(OperationFailure("Authentication failed.", 18)))
    assert status == 503
    assert len(errors) == 1
    assert "Authentication failed" in errors[0]


def test_nothing_is_said_when_all_is_well() -> None:
    assert asked(Store()) == (200, [])
