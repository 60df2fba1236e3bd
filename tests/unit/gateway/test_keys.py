"""People make, replace and revoke keys, and everything of that is taken down first."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.gateway.access.keys import Keys, Unknown
from services.gateway.audit.log import Audit
from services.gateway.domain.key import Key, parse
from wafa.runtime.errors import InvalidArgument

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Away(Exception):
    pass


class Store:
    """Keeps keys and rows in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, Key] = {}
        self.rows: list[dict[str, Any]] = []
        self.away = False

    def note(self, rows: list[dict[str, Any]]) -> None:
        if self.away:
            raise Away
        self.rows += rows

    def add_key(self, key: Key) -> bool:
        return self.kept.setdefault(key.prefix, key) is key

    def key(self, prefix: str) -> Key | None:
        return self.kept.get(prefix)

    def keys(self) -> list[Key]:
        return [*self.kept.values()]

    def end_key(self, prefix: str, field: str, at: datetime) -> None:
        earlier = getattr(self.kept[prefix], field)
        self.kept[prefix] = replace(self.kept[prefix], **{field: min(earlier or at, at)})


@pytest.fixture
def store() -> Store:
    return Store()


def keys(store: Store, now: datetime = NOW) -> Keys:
    return Keys(store, Audit(store, lambda: now), now, by="layla on till-3")


def test_the_secret_is_in_the_answer_and_nowhere_else(store: Store) -> None:
    made = keys(store).create("Web shop", ["events:write"])
    prefix, secret = parse(made["token"]) or ("", "")
    assert store.kept[prefix].opens(secret)
    assert secret not in repr(store.kept) + repr(store.rows)
    assert "digest" not in made


def test_a_role_stands_for_its_scopes(store: Store) -> None:
    assert keys(store).create("Shop", ["publisher"])["scopes"] == ["events:write"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"name": ""}, "name must have"),
        ({"name": None}, "name must have"),
        ({"scopes": []}, "at least one"),
        ({"scopes": ["event:write"]}, "there is no event:write"),
        ({"scopes": "events:write"}, "scopes must be an array"),
        ({"per_minute": 0}, "per_minute must be a whole number"),
        ({"per_minute": True}, "per_minute must be a whole number"),
        ({"days": 0}, "days must be a number"),
        ({"days": float("nan")}, "days must be a number"),
        ({"days": 1e9}, "days must be a number"),
        ({"sources": ["a*b"]}, "beginnings with a * behind"),
        ({"sources": {"$ne": 1}}, "sources must be an array"),
        ({"types": ["purchse.*"]}, "no event is of type purchse.*"),
    ],
)
def test_what_cannot_be_is_refused_with_what_would_do(
    store: Store, given: dict[str, Any], words: str
) -> None:
    arguments: dict[str, Any] = {"name": "Shop", "scopes": ["events:write"]} | given
    with pytest.raises(InvalidArgument, match=words.replace("*", r"\*")):
        keys(store).create(arguments.pop("name"), arguments.pop("scopes"), **arguments)
    assert not store.kept
    assert not store.rows


def test_nothing_is_done_that_cannot_be_taken_down(store: Store) -> None:
    made = keys(store).create("Shop", ["publisher"])
    store.away = True
    with pytest.raises(Away):
        keys(store).create("Another", ["publisher"])
    with pytest.raises(Away):
        keys(store).revoke(made["prefix"])
    assert [one.name for one in store.kept.values()] == ["Shop"]
    assert store.kept[made["prefix"]].counts(NOW)


def test_a_command_leaves_what_was_asked_and_that_it_was_done(store: Store) -> None:
    made = keys(store).create("Shop", ["publisher"])
    asked, answered = store.rows
    assert (asked["kind"], asked["door"], asked["arguments"]) == (
        "asked",
        "keys.create",
        {"prefix": made["prefix"]},
    )
    assert asked["name"] == "command: layla on till-3"
    assert (answered["kind"], answered["asked"]) == ("answered", asked["_id"])


def test_a_new_key_has_the_rights_of_the_old_which_counts_until_the_overlap_is_over(store: Store) -> None:
    old = keys(store).create(
        "Shop", ["events:write"], sources=["shop/*"], types=["purchase.*"], per_minute=7, days=90
    )
    later = NOW + timedelta(days=80)
    new = keys(store, later).rotate(old["prefix"], 24)
    same = ("name", "scopes", "sources", "types", "per_minute")
    assert {field: new[field] for field in same} == {field: old[field] for field in same}
    assert new["expires_at"] == "2026-08-18T12:00:00Z", "the same term again"
    assert store.kept[old["prefix"]].counts(later + timedelta(hours=23, minutes=59))
    assert not store.kept[old["prefix"]].counts(later + timedelta(hours=24))
    assert new["replaces"]["prefix"] == old["prefix"]


def test_an_overlap_lets_no_key_count_for_longer_than_it_was_made_for(store: Store) -> None:
    old = keys(store).create("Shop", ["publisher"], days=1)
    keys(store).rotate(old["prefix"], 24 * 30)
    assert not store.kept[old["prefix"]].counts(NOW + timedelta(days=1))


def test_what_counts_no_more_is_not_replaced(store: Store) -> None:
    old = keys(store).create("Shop", ["publisher"])
    keys(store).revoke(old["prefix"])
    with pytest.raises(Unknown, match="is revoked: make a new one"):
        keys(store).rotate(old["prefix"])


def test_a_key_is_revoked_once_and_the_first_time_stands(store: Store) -> None:
    made = keys(store).create("Shop", ["publisher"])
    first = keys(store).revoke(made["prefix"])
    again = keys(store, NOW + timedelta(days=1)).revoke(made["prefix"])
    assert first["state"] == again["state"] == "revoked"
    assert again["revoked_at"] == first["revoked_at"]


@pytest.mark.parametrize("prefix", ["zzzzzzzz", {"$ne": None}, None])
def test_who_is_not_there_is_told_where_to_look(store: Store, prefix: Any) -> None:
    with pytest.raises(Unknown, match="wafa keys list"):
        keys(store).revoke(prefix)
