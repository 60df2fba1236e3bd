"""`/healthz`, `/readyz` and `/metrics` of a process, as one small WSGI application.

Healthy: the process answers. Ready: every check passes, each named, so that the answer says what is missing.
"""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from prometheus_client import make_wsgi_app

Check = Callable[[], bool]
Start = Callable[[str, list[tuple[str, str]]], Any]


class Readiness:
    """The named checks that must pass before a process may be given work."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}

    def add(self, name: str, check: Check) -> None:
        """Register a check; one that raises counts as failed."""
        self._checks[name] = check

    def report(self) -> dict[str, bool]:
        """Run every check and return what each said."""
        return {name: _passes(check) for name, check in self._checks.items()}


def health_app(readiness: Readiness) -> Callable[[dict[str, Any], Start], Iterable[bytes]]:
    """Return the WSGI application."""
    metrics_app = make_wsgi_app()

    def app(environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        path = environ.get("PATH_INFO")
        if path == "/metrics":
            return metrics_app(environ, start_response)  # type: ignore[no-any-return]
        if path == "/healthz":
            return _answer(start_response, "200 OK", {"status": "ok"})
        if path == "/readyz":
            report = readiness.report()
            ready = bool(report) and all(report.values())
            status = "200 OK" if ready else "503 Service Unavailable"
            return _answer(
                start_response, status, {"status": "ready" if ready else "not ready", "checks": report}
            )
        return _answer(
            start_response, "404 Not Found", {"error": {"code": "not_found", "message": "no such page"}}
        )

    return app


def _passes(check: Check) -> bool:
    try:
        return check()
    except Exception:
        return False


def _answer(start_response: Start, status: str, content: dict[str, Any]) -> Iterable[bytes]:
    start_response(status, [("Content-Type", "application/json")])
    return [msgspec.json.encode(content)]
