"""`wafa keys`, with a gateway that answers as the real one does."""

import json
from typing import Any

import pytest

from tests.unit.cli.conftest import Wafa
from wafa.cli import keys
from wafa.runtime.errors import InvalidArgument

TOKEN = "wafa_k3x9v2q7_" + "s" * 43
KEY: dict[str, Any] = {
    "prefix": "k3x9v2q7",
    "name": "متجر الويب",
    "state": "active",
    "scopes": ["customers:read", "events:write", "interactions:read", "members:read"],
    "sources": ["shop/*"],
    "types": [],
    "per_minute": 6000,
    "created_at": "2026-03-01T12:00:00Z",
}


class Gateway:
    """Answers from a table, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {
            "key_create": KEY | {"token": TOKEN},
            "key_rotate": KEY
            | {
                "token": TOKEN,
                "replaces": KEY | {"prefix": "old00000", "expires_at": "2026-03-02T12:00:00Z"},
            },
            "key_list": {"keys": [KEY]},
            "key_show": KEY,
            "key_revoke": KEY | {"state": "revoked", "revoked_at": "2026-03-01T12:00:00Z"},
            "key_scopes": {"scopes": {"events:write": "publish"}, "roles": {"publisher": ["events:write"]}},
        }
        self.asked: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def call(self, service: str, method: str, *args: Any, **kwargs: Any) -> Any:
        assert service == "gateway"
        self.asked.append((method, args, kwargs))
        answer = self.answers[method]
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Gateway:
    made = Gateway()
    monkeypatch.setattr(keys, "call", made.call)
    return made


def test_the_token_stands_alone_on_standard_output(wafa: Wafa, gateway: Gateway) -> None:
    done = wafa("keys", "create", "Shop", "--role", "publisher")
    assert done.stdout == TOKEN + "\n"
    assert "not shown again" in done.stderr
    assert TOKEN not in done.stderr


def test_what_is_given_is_what_is_asked_for(wafa: Wafa, gateway: Gateway) -> None:
    wafa(
        *("keys", "create", "Shop", "--scope", "events:write", "--role", "counter", "--source", "shop/*"),
        *("--type", "purchase.*", "--per-minute", "60", "--expires", "90d"),
    )
    [(_, args, kwargs)] = gateway.asked
    assert args == ("Shop", ["events:write", "counter"])
    assert "on " in kwargs.pop("by")
    assert kwargs == {"sources": ["shop/*"], "types": ["purchase.*"], "per_minute": 60, "days": 90.0}


@pytest.mark.parametrize(
    ("text", "days"),
    [("90d", 90), ("24h", 1), ("36h", 1.5), ("720m", 0.5), ("2w", 14), ("1y", 365), ("٩٠d", 90)],
)
def test_a_time_is_a_number_and_a_unit(wafa: Wafa, gateway: Gateway, text: str, days: float) -> None:
    assert wafa("keys", "create", "Shop", "--role", "counter", "--expires", text).exit_code == 0
    assert gateway.asked[0][2]["days"] == days


@pytest.mark.parametrize("text", ["90", "d", "-1d", "1.5d", "soon", "1d "])
def test_what_is_no_time_is_refused_with_what_would_be_one(wafa: Wafa, gateway: Gateway, text: str) -> None:
    done = wafa("keys", "create", "Shop", "--role", "counter", "--expires", text)
    assert done.exit_code == 2
    assert "90d, 24h" in done.stderr
    assert not gateway.asked


def test_who_says_not_what_a_key_may_do_is_told_where_that_is_listed(wafa: Wafa, gateway: Gateway) -> None:
    done = wafa("keys", "create", "Shop")
    assert done.exit_code == 2
    assert "wafa keys scopes" in done.stderr


def test_what_the_gateway_refuses_is_told_in_its_words(wafa: Wafa, gateway: Gateway) -> None:
    gateway.answers["key_create"] = InvalidArgument("scopes", "must be known: there is no x")
    done = wafa("keys", "create", "Shop", "--scope", "x")
    assert (done.exit_code, done.stderr) == (1, "wafa: scopes must be known: there is no x\n")
    gateway.answers["key_show"] = {"error": {"reason": "unknown_key", "path": "", "message": "there is no"}}
    done = wafa("keys", "show", "zzzzzzzz")
    assert (done.exit_code, done.stderr) == (1, "Error: there is no\n")


def test_a_whole_token_can_be_revoked_and_its_secret_is_not_passed_on(wafa: Wafa, gateway: Gateway) -> None:
    for found in (TOKEN, "wafa_k3x9v2q7", "k3x9v2q7"):
        assert "is revoked" in wafa("keys", "revoke", found).stdout
    assert {args for _, args, _ in gateway.asked} == {("k3x9v2q7",)}


def test_the_list_says_what_ends_and_what_has_ended(wafa: Wafa, gateway: Gateway) -> None:
    gateway.answers["key_list"] = {
        "keys": [
            KEY | {"last_used_on": "2026-02-28", "expires_at": "2026-05-30T12:00:00Z"},
            KEY | {"prefix": "gone0000", "state": "expired", "expires_at": "2026-01-30T12:00:00Z"},
            KEY | {"prefix": "bad00000", "state": "revoked", "revoked_at": "2026-02-03T12:00:00Z"},
        ]
    }
    printed = " ".join(wafa("keys", "list").stdout.split())
    for words in ("2026-02-28", "متجر الويب", "active until", "expired", "revoked", "and 1 more", "never"):
        assert words in printed


def test_where_there_is_no_key_yet_one_is_told_how_to_make_one(wafa: Wafa, gateway: Gateway) -> None:
    gateway.answers["key_list"] = {"keys": []}
    assert "wafa keys create" in wafa("keys", "list").stdout


def test_rotating_says_for_how_long_the_old_one_counts(wafa: Wafa, gateway: Gateway) -> None:
    done = wafa("keys", "rotate", "old00000", "--overlap", "36h")
    assert done.stdout == TOKEN + "\n"
    assert "old00000 counts until 2026-03-02T12:00:00Z" in done.stderr
    assert gateway.asked[0][2]["overlap_hours"] == 36


@pytest.mark.parametrize(
    ("command", "method"),
    [
        (["create", "Shop", "--role", "counter"], "key_create"),
        (["list"], "key_list"),
        (["show", "k3x9v2q7"], "key_show"),
        (["revoke", "k3x9v2q7"], "key_revoke"),
        (["rotate", "k3x9v2q7"], "key_rotate"),
        (["scopes"], "key_scopes"),
    ],
)
def test_a_script_gets_json(wafa: Wafa, gateway: Gateway, command: list[str], method: str) -> None:
    answer = gateway.answers[method]
    assert json.loads(wafa("keys", *command, "--json").stdout) == (
        answer["keys"] if method == "key_list" else answer
    )


def test_scopes_and_roles_are_listed_with_what_they_are_for(wafa: Wafa, gateway: Gateway) -> None:
    printed = wafa("keys", "scopes").stdout
    assert "publish" in printed
    assert "role publisher" in printed
