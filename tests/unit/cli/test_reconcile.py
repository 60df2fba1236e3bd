"""`wafa reconcile`: loyalty is told what it lacks, and nobody is contacted before it has taken that in."""

import json
from typing import Any

import pytest

from wafa.cli import catching_up, reconcile
from wafa.runtime.errors import InvalidArgument

FIGURES = {"rebuild": {"checked": 1, "different": [], "next": None}, "summary": {"members": 1}}
AUDIENCE: dict[str, Any] = {
    "rebuild_audience_begin": {"rebuild": "r1", "entries": 1},
    "rebuild_audience_keep": {"kept": 1, "next": None},
    "rebuild_audience_compare": {"checked": 1, "different": [], "next": None},
    "rebuild_audience_settle": {"different": []},
    "rebuild_audience_end": None,
    "relearn": 1,
}


class Services:
    """Services after a restore. Loyalty takes in what it is told after it was looked at so many times."""

    def __init__(self, *ids: str, ledger: str = "") -> None:
        self.interactions = [*ids]
        self.ledger = set(ledger)
        self.slow = 0
        self.half = False
        self.deaf: set[str] = set()
        self.page = 2
        #: Of what the command has waited for, how much was in the ledger when outreach went on.
        self.went_on_with: set[str] | None = None
        self.told: list[str] = []
        self.changes_told = 0
        self._looks = 0
        self._summaries = 0

    def __enter__(self) -> "Services":
        return self

    def __exit__(self, *_: object) -> None: ...

    def call(self, service: str, method: str, *arguments: Any, **_: Any) -> Any:
        answers = FIGURES | AUDIENCE
        if own := getattr(self, f"{service}_{method}", None):
            return own(*arguments)
        return answers[method]

    def customers_to_erase_again(self) -> int:
        return 0

    def customers_changes(self) -> dict[str, Any]:
        return {"changes": []}

    def customers_retell(self, after: str | None, limit: int) -> dict[str, Any]:
        return {"told": self.changes_told, "next": None}

    def customers_history(self, after: str | None, limit: int) -> dict[str, Any]:
        return {"events": [], "next": None}

    def loyalty_history(self, after: str | None, limit: int) -> dict[str, Any]:
        return {"events": [], "next": None}

    def loyalty_summary(self) -> dict[str, Any]:
        """Figures that move all the time: shops are open."""
        self._summaries += 1
        return {"members": self._summaries}

    def interactions_totals(self) -> list[dict[str, Any]]:
        return [{"records": len(self.interactions)}]

    def interactions_history(self, after: str | None, limit: int) -> dict[str, Any]:
        later = sorted(one for one in self.interactions if after is None or one > after)
        page = later[: self.page]
        events = [{"data": {"interaction_id": one}} for one in page]
        return {"events": events, "next": page[-1] if len(page) == self.page else None}

    def interactions_retell(self, after: str | None, limit: int) -> dict[str, Any]:
        page = self.interactions_history(after, limit)
        self.told += [one["data"]["interaction_id"] for one in page["events"]]
        return {"told": len(page["events"]), "next": page["next"]}

    def loyalty_lacking(self, events: list[Any]) -> list[str]:
        self._looks += 1
        if self._looks > self.slow:
            self.ledger |= set(self.told) - self.deaf
        return [id for one in events if (id := one["data"]["interaction_id"]) not in self.ledger]

    def notifications_restored(self) -> bool:
        if self.half:
            raise InvalidArgument("", "a restore was interrupted")
        return True

    def notifications_after_restore(self, send_due: bool) -> dict[str, Any]:
        self.went_on_with = set(self.ledger)
        return {"dropped": 0}


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (reconcile, catching_up):
        monkeypatch.setattr(module, "POLL", 0.001)


@pytest.fixture
def run(wafa: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    def run(services: Services, *arguments: str) -> Any:
        monkeypatch.setattr(reconcile, "client", lambda: services)
        return wafa("reconcile", *arguments)

    return run


def test_outreach_goes_on_when_loyalty_has_what_it_was_told_however_slow_it_is(run: Any) -> None:
    services = Services(*"abcdefg", ledger="ab")
    services.slow = 50

    told = json.loads(run(services, "--json").stdout)

    assert services.went_on_with == set("abcdefg")
    assert (told["told_again"], told["not_in_the_ledger"]) == (5, 0)


def test_what_was_restored_by_half_is_not_made_to_look_whole(run: Any) -> None:
    services = Services(*"abc")
    services.half = True

    told = run(services)

    assert told.exit_code == 1
    assert "a restore was interrupted" in told.stderr
    assert services.told == []
    assert services.went_on_with is None


def test_what_the_ledger_has_is_not_told_again(run: Any) -> None:
    services = Services(*"abcdefg", ledger="abcdefg")
    assert run(services).exit_code == 0
    assert services.told == []


def test_shops_that_are_open_meanwhile_do_not_keep_it_waiting(run: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(reconcile, "REST", 0.01)
    services = Services(*"abc", ledger="abc")
    services.changes_told = 1
    assert run(services).exit_code == 0
    assert services.went_on_with == set("abc")


def test_what_has_moved_to_the_next_page_meanwhile_is_told_all_the_same(run: Any) -> None:
    services = Services(*"bd", ledger="b")
    tell = services.interactions_retell

    def grown(after: str | None, limit: int) -> dict[str, Any]:
        services.interactions = [*"abcd"]
        return tell(after, limit)

    services.interactions_retell = grown  # type: ignore[method-assign]
    assert run(services).exit_code == 0
    assert services.went_on_with is not None
    assert "d" in services.went_on_with


def test_what_loyalty_does_not_take_is_told_in_the_end_and_holds_up_nobody(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catching_up, "PATIENCE", 0.05)
    services = Services(*"abcdefg")
    services.deaf = {"b", "f"}

    told = run(services)

    assert told.exit_code == 1
    assert "2 interactions are not in the ledger" in " ".join(told.stderr.split())
    assert services.went_on_with == set("acdeg")
