"""The audience is lost or damaged, and made anew from what the others have told, while the system runs."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result
from pymongo import MongoClient
from pymongo.database import Database

from tests.waiting import eventually
from wafa.cli import cli
from wafa.contracts.envelope import Event
from wafa.contracts.times import parse_time
from wafa.runtime.client import Client
from wafa.runtime.clock import now
from wafa.runtime.publisher import Publisher
from wafa.stack import Stack

DAYS = ("2026-05-01T10:00:00Z", "2026-05-02T10:00:00Z")
PEOPLE = ("mona", "omar", "sara", "lina", "nour")


def event(type: str, id: str, who: str, time: str, **data: Any) -> Event:
    about = {"specversion": "1.0", "id": id, "source": "/rebuild", "type": type, "time": time}
    return {**about, "data": {"customer": {"email": f"{who}@example.com", "name": who.title()}, **data}}


def comes_back(who: str) -> Iterator[Event]:
    """Two purchases on two days: whoever does that is thanked by mail."""
    for day, time in enumerate(DAYS):
        total = {"amount": "10.00", "currency": "SAR"}
        yield event(
            "purchase.completed.v1", f"{who} {day}", who, time, purchase_id=f"{who} {day}", total=total
        )


def complains(who: str) -> Event:
    said = {"complaint_id": f"{who} c", "category": "late", "severity": "high"}
    return event("complaint.opened.v1", f"{who} complains", who, DAYS[0], **said)


@pytest.fixture(scope="module")
def notifications(system: Stack, prefix: str) -> Iterator[Database]:
    with MongoClient(system.mongodb_uri, tz_aware=True) as client:
        yield client[f"{prefix}notifications"]


@pytest.fixture(scope="module")
def wafa(system: Stack) -> Any:
    def run(*arguments: str) -> Result:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AMQP_URI", system.amqp_uri)
            return CliRunner().invoke(cli, [*arguments], catch_exceptions=False)

    return run


@pytest.fixture(scope="module")
def ids(system: Stack, services: Client, publisher: Publisher, wafa: Any) -> dict[str, str]:
    """Five people: one thanked, one with an open complaint, one known under two ids, one erased."""
    for publish in (
        [event("customer.registered.v1", who, who, DAYS[0]) for who in PEOPLE],
        [complains("omar")],
    ):
        publisher.publish(publish)
    found = {who: eventually(lambda who=who: customer_of(services, who)) for who in PEOPLE}
    eventually(
        lambda: (services.call("notifications", "audience", found["omar"]) or {}).get("open_complaints")
    )
    publisher.publish([one for who in PEOPLE for one in comes_back(who)])
    for who in PEOPLE:
        eventually(lambda who=who: states(services, found[who]) not in ([], ["planned"], ["claimed"]))
    assert wafa("customers", "merge", found["lina"], found["sara"]).exit_code == 0
    assert wafa("customers", "erase", found["nour"], "--yes").exit_code == 0
    return found


def customer_of(services: Client, who: str) -> str | None:
    found = services.call("customers", "lookup", email=f"{who}@example.com")
    return found["customer_id"] if found else None


def states(services: Client, customer_id: str) -> list[str]:
    return [one["state"] for one in services.call("notifications", "outreach", customer_id)["outreach"]]


def thanked(system: Stack) -> Counter[str]:
    mails = (file.read_text("utf-8").splitlines() for file in system.mail_folder.glob("*.eml"))
    to = (line for lines in mails for line in lines if line.startswith("X-RcptTo: "))
    return Counter(line.removeprefix("X-RcptTo: ").partition("@")[0] for line in to)


def audience(notifications: Database) -> dict[str, Any]:
    found = notifications["audience"].find({}, {"version": 0, "written_by": 0})
    return {one["_id"]: one for one in found}


def test_what_notifications_knows_is_what_the_others_tell(ids: dict[str, str], wafa: Any) -> None:
    verified = wafa("rebuild", "audience", "--verify", "--json")

    assert json.loads(verified.stdout)["different"] == []
    assert verified.exit_code == 0


def test_a_damaged_audience_is_what_it_was_and_nobody_is_contacted_twice(
    ids: dict[str, str], wafa: Any, notifications: Database, system: Stack, services: Client
) -> None:
    before, mails = audience(notifications), thanked(system)
    assert mails["mona"] == 1
    assert mails["omar"] == 0, "nobody who complains is thanked"
    entries = notifications["audience"]
    entries.delete_one({"_id": ids["mona"]})
    entries.update_one({"_id": ids["lina"]}, {"$unset": {"last_interaction": 1}})
    entries.update_one({"_id": ids["omar"]}, {"$set": {"complaints.0.status": "resolved"}})
    entries.insert_one({"_id": "nobody", "version": 1, "erased": False})

    verified = wafa("rebuild", "audience", "--verify")
    assert verified.exit_code == 1
    assert f"{ids['omar']}: complaints" in verified.stdout
    assert audience(notifications) != before, "it only looks"
    rebuilt = wafa("rebuild", "audience", "--json")

    assert rebuilt.exit_code == 0
    different = {one["customer_id"] for one in json.loads(rebuilt.stdout)["different"]}
    assert different == {ids["mona"], ids["lina"], ids["omar"], "nobody"}
    assert audience(notifications) == before
    assert services.call("notifications", "audience", ids["omar"])["open_complaints"] == 1
    assert wafa("rebuild", "audience", "--verify").exit_code == 0
    assert thanked(system) == mails
    assert not [name for name in notifications.list_collection_names() if "anew" in name]


def test_nobody_is_contacted_in_between_and_what_waited_goes_out_afterwards(
    ids: dict[str, str], system: Stack, services: Client, publisher: Publisher, wafa: Any
) -> None:
    begun = services.call("notifications", "rebuild_audience_begin")
    assert wafa("rebuild", "audience").exit_code == 1, "there is one at a time"

    publisher.publish([event("customer.registered.v1", "zaid", "zaid", DAYS[0]), *comes_back("zaid")])
    zaid = eventually(lambda: customer_of(services, "zaid"))
    [planned] = eventually(lambda: services.call("notifications", "outreach", zaid)["outreach"])
    # The sender looks once a second: by then it has looked.
    eventually(lambda: now() > parse_time(planned["planned_at"]) + timedelta(seconds=3))
    assert states(services, zaid) == ["planned"]
    assert thanked(system)["zaid"] == 0

    services.call("notifications", "rebuild_audience_end", begun["rebuild"])

    eventually(lambda: thanked(system)["zaid"] == 1)
    assert wafa("rebuild", "audience", "--verify").exit_code == 0
    assert max(thanked(system).values()) == 1
