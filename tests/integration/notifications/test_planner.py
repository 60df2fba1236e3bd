"""The planner on a real database: killed, lapsed, two at once, with clocks that change; nobody twice, nobody
forgotten."""

import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.notifications.campaigns.book import Book
from services.notifications.domain.outreach import Outreach
from services.notifications.planning.planner import LEASE, Planner
from services.notifications.store import NotificationsStore
from tests.integration.notifications.campaigns import TEXTS, news, on
from tests.integration.notifications.parts import Notifications
from tests.unit.notifications.builders import created, erased, member_updated, repointed
from tests.waiting import eventually
from wafa.runtime.clock import now as real_time


class Killed(BaseException):
    """Stands for SIGKILL where the moment has to be exact: nothing of ours runs after it."""


def people(number: int, prefix: str = "c") -> list[str]:
    return [f"{prefix}{one:04}" for one in range(number)]


def known(*customers: str, tier: str = "gold") -> list[Any]:
    return [event for one in customers for event in (created(one), member_updated(one, tier=tier))]


def planned(notifications: Notifications, campaign: str = "news") -> list[Outreach]:
    return sorted(notifications.rows(campaign=campaign), key=lambda row: row.customer_id)


def reached(notifications: Notifications, campaign: str = "news") -> list[str]:
    return [row.customer_id for row in planned(notifications, campaign)]


def shown(notifications: Notifications, campaign: str = "news") -> dict[str, Any]:
    found = notifications.office.show(campaign)
    assert found
    return found


def planner(notifications: Notifications, store: NotificationsStore | None = None, **changes: Any) -> Planner:
    store = store or notifications.store
    return Planner(store, Book(store, notifications.policy), lambda: notifications.now, **changes)


def test_a_broadcast_reaches_everybody_in_the_segment_once_and_is_finished(notifications):
    notifications.take_in(*known(*people(25)), *known("silvia", tier="silver"))
    notifications.launch(news(), TEXTS)
    assert notifications.plan(page=10) == 25
    assert notifications.plan() == 0
    assert reached(notifications) == people(25)
    after = shown(notifications)
    assert (after["state"], after["planned"], after["enrolling"]) == ("finished", 25, False)
    [row] = planned(notifications)[:1]
    assert (row.campaign_key, row.occurrence, row.cause) == ("news@1", "once", "news@1")


def test_a_page_that_is_exactly_full_is_not_the_end_and_not_planned_again(notifications):
    notifications.take_in(*known(*people(20)))
    notifications.launch(news(), TEXTS)
    assert notifications.plan(page=10) == 20
    assert shown(notifications)["planned"] == 20


def test_an_empty_segment_is_finished_at_once(notifications):
    notifications.launch(news(), TEXTS)
    assert notifications.plan() == 0
    assert (shown(notifications)["state"], shown(notifications)["planned"]) == ("finished", 0)


def test_a_broadcast_waits_for_its_time_and_one_of_the_past_begins_at_once(notifications):
    notifications.take_in(*known("sara"))
    notifications.launch(news(start={"broadcast": "2026-03-04T16:00:00+03:00"}), TEXTS)
    assert notifications.plan() == 0
    notifications.later(hours=1)
    assert notifications.plan() == 1
    notifications.launch(news(campaign="late", start={"broadcast": "2020-01-01T00:00:00Z"}), TEXTS)
    assert notifications.plan() == 1


def test_aliases_and_who_was_erased_are_not_reached(notifications):
    notifications.take_in(*known("sara", "sarah", "omar"))
    notifications.take_in(repointed("merged", "sarah", "sara"), erased("omar"))
    notifications.launch(news(), TEXTS)
    notifications.plan()
    assert reached(notifications) == ["sara"]


@pytest.mark.parametrize("method", ["plan", "note_planned", "end_plan"])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_planner_that_dies_anywhere_leaves_the_rest_to_the_next(notifications, database, method, at):
    """Before the rows of a page are there, before that is noted, before the end is."""
    done = []

    def mortal(*arguments: Any, **options: Any) -> Any:
        done.append(method)
        if len(done) == at:
            raise Killed
        return getattr(notifications.store, method)(*arguments, **options)

    store = NotificationsStore(database)
    setattr(store, method, mortal)
    # What is dead can give nothing back.
    store.leave_plan = lambda *arguments: None
    notifications.take_in(*known(*people(25)))
    notifications.launch(news(), TEXTS)
    died = False
    try:
        planner(notifications, store, page=10).plan_due(30)
    except Killed:
        died = True
    assert died or (method, at) in {("note_planned", 3), ("end_plan", 2), ("end_plan", 3)}
    if died:
        # Not before its lease lapses.
        assert notifications.plan(page=10) == 0
    notifications.later(seconds=LEASE.total_seconds())
    notifications.plan(page=10)
    assert reached(notifications) == people(25)
    assert (shown(notifications)["state"], shown(notifications)["planned"]) == ("finished", 25)


def test_two_planners_at_once_plan_everybody_once(notifications):
    notifications.take_in(*known(*people(200)))
    notifications.launch(news(), TEXTS)
    together = threading.Barrier(2)

    def plan() -> None:
        mine = planner(notifications, page=10)
        together.wait()
        mine.plan_due(30)

    threads = [threading.Thread(target=plan) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    notifications.plan()
    assert reached(notifications) == people(200)
    assert shown(notifications)["planned"] == 200


def test_a_planner_that_slept_beyond_its_lease_does_no_harm_and_stops(notifications, database):
    notifications.take_in(*known(*people(25)))
    notifications.launch(news(), TEXTS)
    store = NotificationsStore(database)

    def sleepy(rows: Any) -> None:
        notifications.later(minutes=5)
        assert notifications.plan(page=10) == 25
        notifications.store.plan(rows)

    store.plan = sleepy
    assert planner(notifications, store, page=10).plan_due(30) == 10
    assert reached(notifications) == people(25)
    assert shown(notifications)["planned"] == 25


def test_a_clock_that_is_put_back_neither_plans_twice_nor_waits_for_the_old_time(notifications, database):
    notifications.take_in(*known(*people(25)))
    notifications.launch(news(), TEXTS)
    store = NotificationsStore(database)

    def dies(*arguments: Any, **options: Any) -> None:
        raise Killed

    store.note_planned = dies
    store.leave_plan = lambda *arguments: None
    with pytest.raises(Killed):
        planner(notifications, store, page=10).plan_due(30)
    # The dead one holds a lease that ends three hours from now.
    notifications.later(hours=-3)
    notifications.plan(page=10)
    assert reached(notifications) == people(25)
    assert shown(notifications)["planned"] == 25


ENDLESS = """
import sys
from datetime import timedelta
from pymongo import MongoClient
from services.notifications.campaigns.book import Book
from services.notifications.planning.planner import Planner
from services.notifications.campaigns.policy import OutreachPolicy
from services.notifications.store import NotificationsStore
from wafa.runtime.clock import now

uri, name = sys.argv[1:]
store = NotificationsStore(MongoClient(uri, tz_aware=True)[name])
book = Book(store, OutreachPolicy())
while True:
    Planner(store, book, now, page=5, lease=timedelta(milliseconds=200)).plan_due(1)
"""


def test_killed_twice_in_the_middle_nobody_is_planned_twice_and_nobody_forgotten(
    notifications, database, mongodb_uri
):
    everybody = people(1500)
    notifications.now = real_time()
    notifications.take_in(*known(*everybody))
    notifications.launch(news(), TEXTS)

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-W", "ignore", "-c", ENDLESS, mongodb_uri, database.name])

    for share in (0.1, 0.4):
        process = start()
        try:
            eventually(lambda share=share: database["outreach"].count_documents({}) > share * len(everybody))
        finally:
            process.kill()
            process.wait()
        assert shown(notifications)["state"] == "running"
    process = start()
    try:
        eventually(lambda: shown(notifications)["state"] == "finished")
    finally:
        process.kill()
        process.wait()
    assert reached(notifications) == everybody
    assert shown(notifications)["planned"] == len(everybody)


def test_a_pause_stops_planning_and_a_resume_goes_on_from_there(notifications, database):
    notifications.take_in(*known(*people(25)))
    notifications.launch(news(), TEXTS)
    store = NotificationsStore(database)

    def then_pause(rows: Any) -> None:
        notifications.store.plan(rows)
        notifications.office.pause("news")

    store.plan = then_pause
    assert planner(notifications, store, page=10).plan_due(30) == 10
    assert notifications.plan(page=10) == 0
    assert len(reached(notifications)) == 10
    notifications.office.resume("news")
    notifications.plan(page=10)
    assert reached(notifications) == people(25)


def test_finished_by_hand_nobody_more_is_planned(notifications, database):
    notifications.take_in(*known(*people(25)))
    notifications.launch(news(), TEXTS)
    store = NotificationsStore(database)

    def then_finish(rows: Any) -> None:
        notifications.store.plan(rows)
        notifications.office.finish("news", notifications.now)

    store.plan = then_finish
    planner(notifications, store, page=10).plan_due(30)
    notifications.plan()
    assert len(reached(notifications)) == 10


def test_an_edit_in_the_middle_holds_for_whoever_comes_later(notifications, database):
    notifications.take_in(*known(*people(25)))
    notifications.launch(news(), TEXTS)
    store = NotificationsStore(database)
    edits = []

    def then_edit(rows: Any) -> None:
        notifications.store.plan(rows)
        if not edits:
            edits.append(1)
            notifications.launch(news(priority=90), TEXTS)

    store.plan = then_edit
    # Whoever plans by the old version notices and stops.
    assert planner(notifications, store, page=10).plan_due(30) == 10
    notifications.plan(page=10)
    assert reached(notifications) == people(25)
    assert [row.version for row in planned(notifications)] == [1] * 10 + [2] * 15


def test_launched_again_a_broadcast_reaches_those_only_who_have_come_since(notifications):
    notifications.take_in(*known("sara"))
    notifications.launch(news(), TEXTS)
    notifications.plan()
    notifications.send()
    notifications.take_in(*known("omar"))
    assert "mistakes" not in notifications.office.launch("news", notifications.now)
    notifications.plan()
    assert reached(notifications) == ["omar", "sara"]
    notifications.send()
    assert {row.state for row in planned(notifications)} == {"sent"}
    assert len(notifications.told("outreach.sent.v1")) == 2


def test_nothing_is_planned_while_the_audience_is_made_anew(notifications):
    notifications.take_in(*known("sara"))
    notifications.launch(news(), TEXTS)
    notifications.store.begin_rebuild("anew", real_time() + timedelta(minutes=1), silent=True)
    assert notifications.plan() == 0
    notifications.store.end_rebuild("anew")
    assert notifications.plan() == 1


# What the calendar brings

YEARLY = on("anniversary")


def first_bought(customer: str, at: str) -> list[Any]:
    member = member_updated(customer)
    member["data"]["first_purchase_at"] = at
    return [created(customer), member]


def occurrences(notifications: Notifications, campaign: str = "anniversary") -> list[tuple[str, str]]:
    return [(row.customer_id, row.occurrence) for row in planned(notifications, campaign)]


def test_each_day_brings_its_anniversaries_once(notifications):
    notifications.take_in(*first_bought("sara", "2024-03-04T10:00:00Z"))
    notifications.take_in(*first_bought("omar", "2020-03-05T23:59:00Z"))
    notifications.launch(YEARLY, TEXTS)
    for _ in range(24 * 3):
        notifications.plan()
        notifications.later(hours=1)
    assert occurrences(notifications) == [("omar", "2026"), ("sara", "2026")]
    [omar, sara] = planned(notifications, "anniversary")
    assert (sara.context, omar.context["years"]) == ({"day": "2026-03-04", "years": "2"}, "6")
    assert shown(notifications, "anniversary")["state"] == "running"


@pytest.mark.parametrize(("year", "day"), [(2027, 28), (2028, 29)])
def test_who_came_on_29_february_is_not_forgotten_in_other_years(notifications, year, day):
    notifications.take_in(*first_bought("sara", "2024-02-29T10:00:00Z"))
    notifications.launch(YEARLY, TEXTS)
    notifications.now = datetime(year, 2, 27, 6, tzinfo=UTC)
    for _ in range(4):
        notifications.plan()
        notifications.later(days=1)
    [row] = planned(notifications, "anniversary")
    assert row.planned_at == datetime(year, 2, day, 6, tzinfo=UTC)


@pytest.mark.parametrize("start", [datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC)])
def test_the_change_of_the_clocks_brings_no_day_twice_and_leaves_none_out(notifications, start):
    """Berlin has 23 hours on one of these days and 25 on the other; a day here is a UTC day."""
    days = [start + timedelta(days=number) for number in range(3)]
    for number, day in enumerate(days):
        notifications.take_in(*first_bought(f"c{number}", f"2024-{day:%m-%d}T23:30:00Z"))
    notifications.launch(YEARLY | {"zone": "Europe/Berlin"}, TEXTS)
    notifications.now = start
    while notifications.now < start + timedelta(days=3):
        notifications.plan()
        notifications.later(hours=4)
    assert occurrences(notifications) == [("c0", "2026"), ("c1", "2026"), ("c2", "2026")]


def test_days_on_which_the_planner_was_away_are_made_up_for(notifications):
    notifications.take_in(*first_bought("sara", "2024-03-06T10:00:00Z"))
    notifications.launch(YEARLY, TEXTS)
    notifications.plan()
    notifications.later(days=3)
    notifications.plan()
    assert occurrences(notifications) == [("sara", "2026")]


def test_an_edit_does_not_forget_which_days_were_done(notifications):
    notifications.take_in(*first_bought("sara", "2024-03-05T10:00:00Z"))
    notifications.launch(YEARLY, TEXTS)
    notifications.plan()
    notifications.later(days=2)
    notifications.launch(YEARLY | {"priority": 80}, TEXTS)
    notifications.plan()
    [row] = planned(notifications, "anniversary")
    assert (row.version, row.occurrence) == (2, "2026")


def test_time_that_goes_back_over_midnight_brings_nothing_twice(notifications):
    notifications.take_in(*first_bought("sara", "2024-03-04T10:00:00Z"))
    notifications.take_in(*first_bought("omar", "2020-03-05T10:00:00Z"))
    notifications.launch(YEARLY, TEXTS)
    for hours in (0, 24, -24, 24, -23, 23):
        notifications.later(hours=hours)
        notifications.plan()
    assert occurrences(notifications) == [("omar", "2026"), ("sara", "2026")]


def test_points_about_to_expire_are_told_of_once_for_each_expiry(notifications):
    member = member_updated("sara")
    member["data"]["points_expiring"] = {"points": 60, "at": "2026-03-20T00:00:00Z"}
    notifications.take_in(created("sara"), member)
    notifications.launch(on("points.expiring", start={"days_before": 14}), TEXTS)
    for _ in range(30):
        notifications.plan()
        notifications.later(days=1)
    [row] = planned(notifications, "points-expiring")
    assert (row.occurrence, row.planned_at.day) == ("2026-03-20", 6)
    assert row.context == {"points_expire_at": "2026-03-20T00:00:00Z"}


def test_two_planners_on_a_new_day_do_it_once(notifications, database):
    notifications.take_in(*(one for name in people(30) for one in first_bought(name, "2024-03-04T10:00:00Z")))
    notifications.launch(YEARLY, TEXTS)
    store = NotificationsStore(database)

    def and_another(*arguments: Any, **options: Any) -> Any:
        assert notifications.plan(page=10) == 30
        return notifications.store.begin_plan(*arguments, **options)

    store.begin_plan = and_another
    assert planner(notifications, store, page=10).plan_due(30) == 0
    assert len(occurrences(notifications)) == 30
    assert shown(notifications, "anniversary")["planned"] == 30
