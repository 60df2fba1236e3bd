"""Campaigns that become something else while they run, one that breaks, and databases of earlier releases."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pymongo.database import Database

from services.notifications.domain.campaign import Campaign
from services.notifications.planning import planner
from services.notifications.store import NotificationsStore
from tests.integration.notifications.campaigns import TEXTS, news, on
from tests.integration.notifications.parts import Notifications
from tests.unit.notifications.builders import created, member_updated

YEARLY = {**on("anniversary", audience=news()["audience"]), "campaign": "news"}
WHEN_IT_HAPPENS = {**on("customer.recognized"), "campaign": "news"}


def people(number: int) -> list[Any]:
    """Customers who first bought on 1 February 2026: on the day of the stories it is nobody's anniversary."""
    return [event for one in range(number) for event in (created(f"c{one:02}"), member_updated(f"c{one:02}"))]


def reached(notifications: Notifications) -> list[str]:
    return sorted(row.customer_id for row in notifications.rows(campaign="news"))


@pytest.mark.parametrize("before", [WHEN_IT_HAPPENS, YEARLY], ids=["an event", "the calendar"])
def test_a_running_campaign_that_becomes_a_broadcast_is_not_silent(
    notifications: Notifications, before: dict[str, Any]
) -> None:
    """How far the calendar had been swept, or that there was nothing to plan, is no word on a broadcast."""
    notifications.take_in(*people(3))
    notifications.launch(before, TEXTS)
    notifications.plan()
    assert reached(notifications) == []
    notifications.launch(news(), TEXTS)
    notifications.plan()
    assert reached(notifications) == ["c00", "c01", "c02"]
    shown = notifications.office.show("news")
    assert shown
    assert (shown["state"], shown["planned"]) == ("finished", 3)


def test_a_broadcast_that_becomes_yearly_in_the_middle_leaves_out_nobody(
    notifications: Notifications, database: Database
) -> None:
    notifications.take_in(*people(25))
    notifications.launch(news(start={"broadcast": "2027-01-01T00:00:00Z"}), TEXTS)
    notifications.plan()
    database["campaigns"].update_one({"_id": "news"}, {"$set": {"plan.after": "c20"}})
    notifications.launch(YEARLY, TEXTS)
    notifications.now = datetime(2027, 2, 1, 12, tzinfo=UTC)
    notifications.plan()
    assert len(reached(notifications)) == 25


def test_a_campaign_that_cannot_be_planned_holds_up_no_other(
    notifications: Notifications, monkeypatch: pytest.MonkeyPatch
) -> None:
    notifications.take_in(*people(3))
    for name in ("a-broken", "news"):
        notifications.launch(news(campaign=name), TEXTS)
    enrol = planner.enrol

    def breaks(campaign: Campaign, *args: Any, **options: Any) -> Any:
        if campaign.id == "a-broken":
            raise ValueError("a fault of ours")
        return enrol(campaign, *args, **options)

    monkeypatch.setattr(planner, "enrol", breaks)
    assert notifications.plan() == 3
    assert reached(notifications) == ["c00", "c01", "c02"]


def test_an_index_that_nothing_uses_any_more_does_not_stay_in_a_database_of_an_earlier_release(
    database: Database,
) -> None:
    database["outreach"].create_index([("state", 1), ("not_before", 1)])
    for _ in range(2):
        NotificationsStore(database).create_indexes()
    keys = [[name for name, _ in one["key"]] for one in database["outreach"].index_information().values()]
    assert ["state", "not_before"] not in keys
    assert ["state", "not_before", "campaign"] in keys


def test_of_many_versions_the_latest_are_shown(
    notifications: Notifications, monkeypatch: pytest.MonkeyPatch
) -> None:
    for priority in range(23):
        notifications.office.draft(news(priority=priority), TEXTS, notifications.now)
    shown = notifications.office.show("news")
    assert shown
    assert [one["version"] for one in shown["versions"]] == list(range(4, 24))
    assert shown["newest"] == 23
