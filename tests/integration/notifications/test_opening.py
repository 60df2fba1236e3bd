"""What a link is for can be asked without following it: mail scanners follow every link."""

from dataclasses import replace
from typing import Any

import pytest
from pymongo.database import Database

from services.notifications.replies.links import Links
from services.notifications.replies.opening import opened
from services.notifications.store import NotificationsStore
from tests.unit.notifications.builders import row
from wafa.runtime.errors import InvalidArgument

LINKS = Links("https://bayt.example", ("s" * 32,))


@pytest.fixture
def store(database: Database) -> NotificationsStore:
    return NotificationsStore(database)


def sent(store: NotificationsStore, **changes: Any) -> str:
    """A message has gone out; return its id."""
    one = replace(row(), **changes)
    store.plan([one])
    return one.id


def look(store: NotificationsStore, link: str | None) -> dict[str, Any]:
    assert link is not None
    return opened(store, LINKS, link.rpartition("/")[2])


def test_a_link_says_what_it_is_for_and_nothing_of_the_person(store: NotificationsStore) -> None:
    one = sent(store, channel="sms", context={"complaint_id": "c1", "source": "/test"})
    before = store.rows([one])

    assert look(store, LINKS.unsubscribe(one)) == {"purpose": "unsubscribe", "channel": "sms"}
    assert look(store, LINKS.answer(one, "no")) == {"purpose": "answer", "answer": "no"}
    assert store.rows([one]) == before, "to look changes nothing"


def test_what_a_link_is_about_may_be_gone(store: NotificationsStore) -> None:
    assert look(store, LINKS.unsubscribe("gone"))["error"]["reason"] == "unknown"
    assert look(store, LINKS.answer(sent(store), "no"))["error"]["reason"] == "unknown"


@pytest.mark.parametrize(
    "link",
    [
        "https://bayt.example/u/forged",
        LINKS.answer(row().id, "perhaps"),
        Links("https://bayt.example", ("t" * 32,)).unsubscribe(row().id),
    ],
)
def test_a_link_that_is_none_of_ours_is_for_nothing(store: NotificationsStore, link: str) -> None:
    sent(store)
    assert look(store, link)["error"]["reason"] == "forged"


@pytest.mark.parametrize("token", [None, {"$ne": ""}, 5])
def test_what_is_no_string_is_no_token(store: NotificationsStore, token: Any) -> None:
    with pytest.raises(InvalidArgument, match="token must be a string"):
        opened(store, LINKS, token)
