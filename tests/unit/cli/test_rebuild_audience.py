"""`wafa rebuild audience`: pages are handed on to the last, and the rebuild is ended whatever happens."""

import json
from typing import Any

import pytest

from wafa.cli import rebuild
from wafa.runtime.errors import RemoteUnavailable


class Services:
    """Three services with a history of three pages each, and notifications, where one customer differs."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, tuple[Any, ...]]] = []
        self.running = False
        self.away = ""

    def __enter__(self) -> "Services":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def call(self, service: str, method: str, *arguments: Any) -> Any:
        self.calls.append((method, arguments))
        if method == self.away:
            raise RemoteUnavailable(f"{service} does not answer")
        return getattr(self, method)(*arguments)

    def history(self, after: str | None, limit: int) -> dict[str, Any]:
        pages = {None: "1", "1": "2", "2": None}
        return {"events": [{"id": after}], "next": pages[after]}

    def totals(self) -> list[dict[str, Any]]:
        return [{"records": 2}, {"records": 1}]

    def summary(self) -> dict[str, Any]:
        return {"members": 3}

    def rebuild_audience_begin(self, silent: bool) -> dict[str, Any]:
        if self.running:
            return {"error": {"reason": "rebuilding", "path": "", "message": "one is running"}}
        return {"rebuild": "r1", "entries": 2}

    def relearn(self, rebuild: str, events: list[Any]) -> int:
        return len(events)

    def rebuild_audience_keep(self, rebuild: str, after: str | None, limit: int) -> dict[str, Any]:
        return {"kept": 2, "next": None}

    def rebuild_audience_compare(self, rebuild: str, after: str | None, limit: int) -> dict[str, Any]:
        return {"checked": 2, "different": ["a", "b"], "next": None}

    def rebuild_audience_settle(self, rebuild: str, ids: list[str], repair: bool) -> dict[str, Any]:
        return {"different": [{"customer_id": "b", "fields": ["complaints", "traits"]}]}

    def rebuild_audience_end(self, rebuild: str) -> None:
        pass

    def told(self, method: str) -> list[tuple[Any, ...]]:
        return [arguments for name, arguments in self.calls if name == method]


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Services:
    services = Services()
    monkeypatch.setattr(rebuild, "client", lambda: services)
    return services


def test_what_differed_is_told_by_customer_and_field(wafa: Any, services: Services) -> None:
    result = wafa("rebuild", "audience")

    assert (result.exit_code, result.stdout) == (0, "b: complaints, traits\n")
    assert "2 customers learnt anew, 1 differed and were put right" in result.stderr
    assert [events[0]["id"] for _, events in services.told("relearn")] == [None, "1", "2"] * 3
    assert services.told("rebuild_audience_begin") == [(True,)]
    assert services.told("rebuild_audience_settle") == [("r1", ["a", "b"], True)]
    assert services.told("rebuild_audience_end") == [("r1",)]


def test_to_verify_silences_nobody_and_puts_nothing_right(wafa: Any, services: Services) -> None:
    result = wafa("rebuild", "audience", "--verify", "--json")

    assert result.exit_code == 1
    assert json.loads(result.stdout)["different"] == [
        {"customer_id": "b", "fields": ["complaints", "traits"]}
    ]
    assert services.told("rebuild_audience_begin") == [(False,)]
    assert services.told("rebuild_audience_settle") == [("r1", ["a", "b"], False)]


@pytest.mark.parametrize("away", ["history", "relearn", "rebuild_audience_settle"])
def test_where_a_service_is_away_it_is_ended_all_the_same(wafa: Any, services: Services, away: str) -> None:
    services.away = away

    result = wafa("rebuild", "audience")

    assert (result.exit_code, services.told("rebuild_audience_end")) == (1, [("r1",)])
    assert "does not answer" in result.stderr


def test_one_that_runs_already_is_left_alone(wafa: Any, services: Services) -> None:
    services.running = True

    result = wafa("rebuild", "audience")

    assert (result.exit_code, result.stderr.strip()) == (1, "wafa: one is running")
    assert services.told("relearn") == services.told("rebuild_audience_end") == []
