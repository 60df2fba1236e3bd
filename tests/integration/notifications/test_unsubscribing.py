"""One click ends it: the consent is withdrawn by the same event as if it had been said in the shop."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from pymongo.database import Database

from services.notifications.domain.audience import Entry
from services.notifications.replies.links import Links
from services.notifications.replies.unsubscribing import unsubscribe
from services.notifications.store import NotificationsStore
from tests.unit.notifications.builders import NOON, row
from wafa.contracts.envelope import Event
from wafa.contracts.times import parse_time
from wafa.contracts.validation import check
from wafa.runtime.errors import InvalidArgument

LINKS = Links("https://bayt.example", ("s" * 32,))


class Clicks:
    """What is published when links are followed."""

    def __init__(self, store: NotificationsStore) -> None:
        self.store = store
        self.published: list[Event] = []

    def publish(self, events: Sequence[Event]) -> None:
        assert [check(event, parse_time(event["time"])) for event in events] == [None] * len(events)
        self.published += events

    def click(self, link: str | None, now: datetime = NOON) -> dict[str, Any]:
        assert link is not None
        return unsubscribe(self.store, self.publish, LINKS, link.rpartition("/")[2], now=now)


@pytest.fixture
def clicks(database: Database) -> Clicks:
    return Clicks(NotificationsStore(database))


def sent(clicks: Clicks, purpose: str = "marketing", **changes: Any) -> str | None:
    """A message has gone out; return the link in it."""
    one = replace(row(**changes), decision={"purpose": purpose})
    clicks.store.plan([one])
    return LINKS.unsubscribe(one.id)


def test_a_click_withdraws_the_consent_to_marketing_on_that_channel(clicks: Clicks) -> None:
    link = sent(clicks, channel="sms")
    assert clicks.click(link) == {"unsubscribed": "sms"}
    [event] = clicks.published
    assert (event["type"], event["source"]) == ("consent.changed.v1", "/wafa/notifications")
    assert event["time"] == "2026-03-04T12:00:00Z"
    assert event["data"] == {
        "customer": {"id": "sara"},
        "initiator": "customer",
        "channel": "sms",
        "purpose": "marketing",
        "status": "withdrawn",
        "evidence": f"outreach {row().id}",
    }


@pytest.mark.parametrize("purpose", ["service", "transactional"])
def test_who_ends_a_service_message_gets_no_more_of_those(clicks: Clicks, purpose: str) -> None:
    clicks.click(sent(clicks, purpose=purpose))
    assert [event["data"]["purpose"] for event in clicks.published] == ["marketing", "service"]
    assert len({event["id"] for event in clicks.published}) == 2


def test_the_same_click_that_arrives_twice_is_one_event(clicks: Clicks) -> None:
    link = sent(clicks)
    clicks.click(link)
    clicks.click(link)
    assert clicks.published[0] == clicks.published[1]


def test_an_old_link_holds_for_who_had_changed_their_mind(clicks: Clicks) -> None:
    """A consent that was given since would outlive the click if the second one were taken for the first."""
    link = sent(clicks)
    clicks.click(link)
    clicks.click(link, NOON + timedelta(days=30))
    first, second = clicks.published
    assert first["id"] != second["id"]
    assert second["time"] > first["time"]


@pytest.mark.parametrize(
    "link",
    [
        "https://bayt.example/u/forged",
        LINKS.answer("outreach-1", "no"),
        Links("https://bayt.example", ("t" * 32,)).unsubscribe("outreach-1"),
    ],
)
def test_a_link_that_is_none_of_ours_does_nothing(clicks: Clicks, link: str) -> None:
    sent(clicks)
    assert clicks.click(link)["error"]["reason"] == "forged"
    assert clicks.published == []


def test_a_message_that_is_not_kept_any_more_is_said_so(clicks: Clicks) -> None:
    assert clicks.click(LINKS.unsubscribe("gone"))["error"]["reason"] == "unknown"


def test_of_who_was_erased_nothing_is_said_any_more(clicks: Clicks) -> None:
    link = sent(clicks)
    clicks.store.save([Entry("sara", erased=True)])
    assert clicks.click(link) == {"unsubscribed": "email"}
    assert clicks.published == []


@pytest.mark.parametrize("token", [None, {"$ne": ""}, 5, ["x"]])
def test_what_is_no_string_is_no_token(clicks: Clicks, token: Any) -> None:
    with pytest.raises(InvalidArgument, match="token must be a string"):
        unsubscribe(clicks.store, clicks.publish, LINKS, token, now=NOON)
