"""`wafa members` and `wafa rebuild`, for people: every figure with its digits and its currency."""

import json
from typing import Any

import pytest

from wafa.cli import members, rebuild
from wafa.cli.output import LiteralConsole

USD = "USD"
MEMBER = {
    "customer_id": "b",
    "tier_titles": {"ar": "فضي", "en": "Silver"},
    "as_of": "2026-03-01T23:59:59.999Z",
    "tier": "silver",
    "tier_since": "2026-02-01T12:00:00Z",
    "tier_held_until": "2027-05-01T00:00:00Z",
    "qualifying_spend": {"amount": "120.50", "currency": USD},
    "spend": {"amount": "1120.50", "currency": USD},
    "points": 1200,
    "points_expiring": {"points": 60, "at": "2026-06-01T00:00:00Z"},
    "purchase_count": 3,
    "first_purchase_at": "2025-02-01T12:00:00Z",
    "last_purchase_at": "2026-02-01T12:00:00Z",
    "repeat": True,
    "recognized_at": "2025-06-01T12:00:00Z",
    "next_tier": {"tier": "gold", "missing": {"amount": "129.50", "currency": USD}},
}
ENTRIES = [
    {
        "time": "2026-02-01T12:00:00Z",
        "kind": "purchase",
        "key": "k1",
        "purchase": "/till/1|7",
        "amount": "60.00",
        "currency": USD,
        "earned": 60,
        "taken_back": 0,
        "spent": 0,
        "expired": 0,
        "balance": 1200,
        "tier": "silver",
    },
    {
        "time": "2026-02-03T00:00:00Z",
        "kind": "hold_ended",
        "earned": 0,
        "taken_back": 0,
        "spent": 0,
        "expired": 60,
        "balance": 1140,
        "tier": "member",
    },
]


def page(*entries: dict[str, Any], next: str | None = None) -> dict[str, Any]:
    """What loyalty answers for a page of the ledger."""
    return {"entries": [*entries], "next": next}


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What loyalty answers, by method."""
    found: dict[str, Any] = {}

    class Loyalty:
        """Asks nobody else: an id needs no looking up."""

        def __enter__(self) -> "Loyalty":
            return self

        def __exit__(self, *_: object) -> None: ...

        def call(self, service: str, method: str, *arguments: Any, **named: Any) -> Any:
            assert service == "loyalty" or method == "lookup"
            return found[method](*arguments, **named)

    monkeypatch.setattr(members, "client", Loyalty)
    monkeypatch.setattr(members, "paper", lambda: LiteralConsole(width=140, force_terminal=False))
    return found


def test_a_member_is_shown_with_digits_and_currency(wafa: Any, answers: dict[str, Any]) -> None:
    answers["member"] = lambda customer_id, as_of: MEMBER
    shown = wafa("members", "show", "a").stdout
    for text in ("120.50 USD", "1120.50 USD", "1,200", "129.50 USD away", "Silver", "no rhythm yet"):
        assert text in shown
    assert "a, which was merged into this customer" in shown


def test_the_day_goes_to_the_service_as_it_was_given(wafa: Any, answers: dict[str, Any]) -> None:
    asked = []
    answers["member"] = lambda customer_id, as_of: asked.append(as_of) or MEMBER
    result = wafa("members", "show", "b", "--as-of", "2026-03-01", "--json")
    assert (json.loads(result.stdout), asked) == (MEMBER, ["2026-03-01"])


def test_who_had_bought_nothing_until_then_is_said_so(wafa: Any, answers: dict[str, Any]) -> None:
    answers["member"] = lambda customer_id, as_of: None
    result = wafa("members", "show", "b", "--as-of", "2020-01-01")
    assert (result.exit_code, result.stderr) == (1, "b: no purchases are known until 2020-01-01\n")


def test_a_moment_that_is_none_is_an_error_that_says_so(wafa: Any, answers: dict[str, Any]) -> None:
    problem = {"reason": "invalid_moment", "path": "as_of", "message": "2999-01-01 has not come yet"}
    answers["member"] = lambda customer_id, as_of: {"error": problem}
    result = wafa("members", "show", "b", "--as-of", "2999-01-01")
    assert result.exit_code == 2
    assert "--as-of: 2999-01-01 has not come yet" in result.stderr


def test_the_ledger_has_a_line_for_each_entry(wafa: Any, answers: dict[str, Any]) -> None:
    answers["ledger"] = lambda customer_id, before, limit: page(*ENTRIES)
    _, first, second = wafa("members", "ledger", "b").stdout.splitlines()
    assert first.split() == [
        "2026-02-01T12:00:00Z", "purchase", "60.00", "USD", "+60", "1,200", "silver", "/till/1|7",
    ]  # fmt: skip
    assert second.split() == ["2026-02-03T00:00:00Z", "hold", "ended", "-60", "1,140", "member"]
    assert json.loads(wafa("members", "ledger", "b", "--json").stdout) == ENTRIES


def test_of_a_long_ledger_as_many_pages_are_read_as_are_wanted(wafa: Any, answers: dict[str, Any]) -> None:
    asked: list[str | None] = []

    def ledger(customer_id: str, before: str | None, limit: int) -> dict[str, Any]:
        asked.append(before)
        return page(*ENTRIES, next=f"page {len(asked)}")

    answers["ledger"] = ledger
    result = wafa("members", "ledger", "b", "--limit", "3", "--json")
    assert json.loads(result.stdout) == [*ENTRIES, ENTRIES[0]]
    assert asked == [None, "page 1"]


@pytest.mark.parametrize("command", ["show", "ledger"])
def test_a_member_is_found_by_an_address(wafa: Any, answers: dict[str, Any], command: str) -> None:
    asked: list[str] = []
    answers["lookup"] = lambda **named: {"customer_id": f"who has {named['email']}"}
    answers["member"] = lambda customer_id, as_of: asked.append(customer_id) or MEMBER
    answers["ledger"] = lambda customer_id, *_: asked.append(customer_id) or page(*ENTRIES)
    assert wafa("members", command, "--email", "a@example.com").exit_code == 0
    assert asked == ["who has a@example.com"]


def test_points_that_were_given_show_what_for(wafa: Any, answers: dict[str, Any]) -> None:
    given = {
        **{"time": "2026-02-01T12:00:00Z", "kind": "grant", "key": "k", "reason": "Sorry for the delay"},
        **{"earned": 250, "taken_back": 0, "spent": 0, "expired": 0, "balance": 250, "tier": "member"},
    }
    answers["ledger"] = lambda customer_id, *_: page(given)
    line = wafa("members", "ledger", "b").stdout.splitlines()[1]
    assert " ".join(line.split()) == "2026-02-01T12:00:00Z grant +250 250 member Sorry for the delay"


def test_a_ledger_without_entries_is_said(wafa: Any, answers: dict[str, Any]) -> None:
    answers["ledger"] = lambda customer_id, *_: None
    assert wafa("members", "ledger", "b").exit_code == 1


@pytest.mark.parametrize(("command", "example"), [("show", "--as-of 2026-03-01"), ("ledger", "--json")])
def test_the_help_has_examples(wafa: Any, command: str, example: str) -> None:
    assert f"wafa members {command}" in wafa("members", command, "--help").stdout
    assert example in wafa("members", command, "--help").stdout


class Services:
    """Loyalty, where one member differs from its ledger."""

    def __enter__(self) -> "Services":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def call(self, service: str, method: str, *arguments: Any) -> Any:
        if method == "summary":
            return {"members": 1}
        fields = [{"field": "spend", "live": 1, "ledger": 12000}]
        return {"checked": 1, "different": [{"customer_id": "b", "fields": fields}], "next": None}


def test_a_difference_is_told_field_by_field(wafa: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuild, "client", Services)
    result = wafa("rebuild", "loyalty", "--verify")
    assert (result.exit_code, result.stdout) == (1, "b: spend is 1, by the ledger 12000\n")
