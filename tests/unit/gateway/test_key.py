"""What a key looks like, when it counts, and what it may publish."""

from datetime import UTC, datetime, timedelta

import pytest

from services.gateway.domain.key import Key, digest, parse, standing, token
from services.gateway.domain.scopes import ANY, ROLES, SCOPES

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRET = "s" * 43


def key(**changes: object) -> Key:
    made = {
        "prefix": "k3x9v2q7",
        "name": "Web shop",
        "digest": digest(SECRET),
        "scopes": frozenset({"events:write"}),
        "per_minute": 60,
        "created_at": NOW,
    }
    return Key(**(made | changes))  # type: ignore[arg-type]


def test_a_token_is_read_as_it_was_written() -> None:
    assert parse(token("k3x9v2q7", SECRET)) == ("k3x9v2q7", SECRET)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "wafa_",
        f"wafa_k3x9v2q7_{SECRET}x",
        f"wafa_k3x9v2q7_{SECRET[1:]}",
        f"wafa_K3X9V2Q7_{SECRET}",
        f" wafa_k3x9v2q7_{SECRET}",
        f"wafa_k3x9v2q7_{SECRET}\n",
        f"wafa_k3x9v2q٧_{SECRET}",
        "wafa_k3x9v2q7_" + "s" * 1_000_000,
    ],
)
def test_what_is_no_token_is_none(text: str) -> None:
    assert parse(text) is None


def test_a_key_expires_at_its_second_and_not_before() -> None:
    ending = key(expires_at=NOW)
    assert ending.counts(NOW - timedelta(milliseconds=1))
    assert not ending.counts(NOW)
    assert ending.state(NOW) == "expired"


def test_what_was_revoked_stays_so_whatever_it_was_made_for() -> None:
    assert key(revoked_at=NOW, expires_at=NOW + timedelta(days=1)).state(NOW) == "revoked"


def test_a_key_stands_for_those_in_whose_place_it_was_made_one_after_the_other() -> None:
    ended = {"revoked_at": NOW}
    first, second = key(prefix="first", **ended), key(prefix="second", replaces="first", **ended)
    stray = key(prefix="stray", **ended)

    assert standing([first, second, stray], NOW) == frozenset()
    assert standing([key(prefix="third", replaces="second"), second, first, stray], NOW) == {
        "first",
        "second",
        "third",
    }
    assert standing([key(prefix="old"), key(prefix="new", replaces="old", **ended)], NOW) == {"old"}


def test_only_its_own_secret_opens_it() -> None:
    assert key().opens(SECRET)
    assert not key().opens(SECRET[:-1] + "t")


@pytest.mark.parametrize(
    ("source", "type", "may"),
    [
        ("shop/riyadh", "purchase.completed.v1", True),
        ("shop", "purchase.completed.v1", False),
        ("till/1", "purchase.completed.v1", False),
        ("shop/riyadh", "consent.changed.v1", False),
    ],
)
def test_events_come_from_its_sources_and_are_of_its_types(source: str, type: str, may: bool) -> None:
    held = key(sources=("shop/*",), types=("purchase.*", "complaint.opened.v1"))
    assert held.may_publish(source, type) is may


def test_roles_are_made_of_scopes_that_there_are() -> None:
    assert {scope for scopes in ROLES.values() for scope in scopes} <= SCOPES.keys()
    assert set(ROLES["admin"]) == SCOPES.keys()
    assert ANY not in SCOPES
