"""Keys as people make them, at the command line, and as they are believed at the door."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from click.testing import CliRunner

from tests.conftest import unique_name
from tests.integration.gateway.conftest import Front
from tests.waiting import eventually
from wafa.cli import cli
from wafa.contracts.times import parse_time

Wafa = Callable[..., Any]


@pytest.fixture
def wafa(front: Front, monkeypatch: pytest.MonkeyPatch) -> Wafa:
    """The command, against this system; returns what it printed as JSON."""
    monkeypatch.setenv("AMQP_URI", front.stack.amqp_uri)

    def run(*arguments: str) -> Any:
        done = CliRunner().invoke(cli, ["keys", *arguments, "--json"], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    return run


@pytest.fixture
def made(wafa: Wafa) -> dict[str, Any]:
    key: dict[str, Any] = wafa("create", unique_name(), "--scope", "segments:read")
    return key


def comes_in(front: Front, key: dict[str, Any]) -> bool:
    return Front(front.stack, key["token"]).get("/v1/key").status == 200


def test_who_holds_a_key_is_told_what_it_may_do(front: Front, wafa: Wafa) -> None:
    name = unique_name()
    made = wafa(
        *("create", name, "--role", "publisher", "--source", "shop/*", "--type", "purchase.*"),
        *("--per-minute", "77", "--expires", "90d"),
    )
    answer = Front(front.stack, made["token"]).get("/v1/key")
    told = answer.json()
    assert (told["name"], told["scopes"], told["per_minute"]) == (name, ["events:write"], 77)
    assert (told["sources"], told["types"]) == (["shop/*"], ["purchase.*"])
    assert 89 < (parse_time(told["expires_at"]) - datetime.now(UTC)).days + 1 <= 90
    assert "digest" not in told
    assert answer.headers["RateLimit-Limit"] == "77"
    assert answer.headers["RateLimit-Remaining"] == "76"
    assert 1 <= int(answer.headers["RateLimit-Reset"]) <= 60


def test_a_revoked_key_is_refused_within_a_minute(front: Front, wafa: Wafa, made: dict[str, Any]) -> None:
    assert comes_in(front, made)
    wafa("revoke", made["prefix"])
    began = time.monotonic()
    eventually(lambda: not comes_in(front, made), within=60)
    print(f"refused {time.monotonic() - began:.1f} s after it was revoked")
    assert wafa("show", made["prefix"])["state"] == "revoked"


def test_a_key_is_refused_from_the_second_at_which_it_expires(front: Front, wafa: Wafa) -> None:
    """It is known here, and fresh: what is known is not believed beyond that."""
    key = wafa("create", unique_name(), "--scope", "segments:read")
    short = wafa("rotate", key["prefix"], "--overlap", "0m")
    assert not comes_in(front, key), "nobody had asked with it, so nothing is known"
    assert comes_in(front, short)
    ending = front.holding("segments:read", days=4 / 86_400)
    at = parse_time(ending.get("/v1/key").json()["expires_at"])
    sent = datetime.now(UTC)
    while ending.get("/v1/key").status == 200:
        assert sent < at
        sent = datetime.now(UTC)
    assert datetime.now(UTC) >= at, "and not before"


def test_both_keys_count_until_the_overlap_is_over(front: Front, wafa: Wafa, made: dict[str, Any]) -> None:
    new = wafa("rotate", made["prefix"], "--overlap", "24h")
    assert new["scopes"] == made["scopes"]
    assert comes_in(front, made)
    assert comes_in(front, new)
    until = parse_time(wafa("show", made["prefix"])["expires_at"]) - datetime.now(UTC)
    assert 23 < until.total_seconds() / 3600 <= 24


def test_the_list_says_which_key_was_used_when(front: Front, wafa: Wafa, made: dict[str, Any]) -> None:
    assert "last_used_on" not in wafa("show", made["prefix"])
    assert comes_in(front, made)
    today = datetime.now(UTC).date().isoformat()
    eventually(lambda: entry(wafa, made).get("last_used_on") == today)


def entry(wafa: Wafa, made: dict[str, Any]) -> dict[str, Any]:
    [found] = [one for one in wafa("list") if one["prefix"] == made["prefix"]]
    assert "token" not in found
    return dict(found)


def test_commands_on_keys_stand_in_the_audit_log(front: Front, wafa: Wafa, made: dict[str, Any]) -> None:
    wafa("revoke", made["prefix"])
    rows = front.get("/v1/audit?door=keys.revoke&limit=50").json()["rows"]
    [asked] = [one for one in rows if one.get("arguments") == {"prefix": made["prefix"]}]
    [answered] = [one for one in rows if one.get("asked") == asked["id"]]
    assert asked["name"].startswith("command: ")
    assert "key" not in asked
    assert answered["status"] == 200


def test_a_mistake_is_told_with_what_would_do(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMQP_URI", front.stack.amqp_uri)

    def complaint(*arguments: str) -> str:
        done = CliRunner().invoke(cli, ["keys", *arguments])
        assert done.exit_code in (1, 2)
        assert "Traceback" not in done.output
        return done.output

    assert "events:write" in complaint("create", "Shop", "--scope", "event:write")
    assert "wafa keys scopes" in complaint("create", "Shop")
    assert "90d" in complaint("create", "Shop", "--role", "counter", "--expires", "soon")
    assert "wafa keys list" in complaint("revoke", "zzzzzzzz")
    assert "8 characters" in complaint("show", "x")
