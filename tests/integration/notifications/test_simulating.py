"""The simulation by pages: the sums of all pages are those of the whole audience."""

from dataclasses import replace
from random import Random

import pytest
from pymongo.database import Database

from services.notifications.domain.audience import Entry
from services.notifications.domain.facts import Erased, Merged
from services.notifications.domain.occasions import Span
from services.notifications.domain.simulation import simulate
from services.notifications.store import NotificationsStore
from services.notifications.what_if.simulating import campaign_simulate
from tests.integration.notifications.audiences import book_with, customer
from tests.integration.notifications.measured import DAY, START, know, save
from wafa.cli.campaign_views import together
from wafa.runtime.errors import InvalidArgument

BOUGHT = {"field": "purchase_count", "op": "ge", "value": 1}


@pytest.fixture
def store(database: Database) -> NotificationsStore:
    store = NotificationsStore(database)
    store.create_indexes()
    return store


def pages(store, book, **asked):
    found = campaign_simulate(store, book, "win-back", "2025-12-01", now=START, **asked)
    yield found
    while found["next"]:
        found = campaign_simulate(
            store, book, "win-back", "2025-12-01", now=START, **asked, after=found["next"]
        )
        yield found


@pytest.mark.parametrize("limit", [7, 50, 1000])
def test_the_pages_add_up_to_the_whole(store, limit):
    chance = Random(1)
    people: list[Entry] = [customer(chance, f"c{place:03}") for place in range(150)]
    save(store, people)
    know(store, "gone", Erased())
    save(store, [replace(Entry("alias"), merged=Merged("c001", 1))])
    book = book_with(store, START, audience=BOUGHT, purpose="service", holdout="10%")
    sums: dict = {}
    first = None
    for page in pages(store, book, every=7, limit=limit):
        first = first or page
        sums = together(sums, page["sums"])
    since = START.replace(year=2025, month=12, day=1, hour=0)
    span = Span(since, START, START, 7 * DAY)
    expected = simulate(book.version("win-back@1"), people, span)
    assert first["total"] == sums["looked_at"] == 150
    assert (sums["contacts"], sums["bought"]) == (expected.contacts, expected.bought)
    assert sums["suppressed"] == expected.suppressed
    assert sums["held_out"] == expected.held_out
    assert sum(one["contacts"] for one in sums["months"].values()) == expected.contacts
    assert expected.contacts > 20


def test_what_is_not_known_of_the_past_is_told_with_the_first_page(store):
    rule = {"and": [BOUGHT, {"field": "tier", "op": "eq", "value": "gold"}]}
    book = book_with(store, START, audience=rule)
    found = campaign_simulate(store, book, "win-back", "2026-01-01", now=START)
    assert found["as_today"] == ["tier"]
    assert (found["since"], found["until"]) == ("2026-01-01", "2026-03-04")


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ({"since": "soon"}, "since"),
        ({"since": "2026-02-01", "until": "2026-01-01"}, "since"),
        ({"since": "2026-05-01", "until": "2026-06-01"}, "since"),
        ({"since": "2026-02-01", "every": 0}, "every"),
        ({"since": "1926-02-01", "every": 1}, "every"),
        ({"since": "2026-02-01", "every": -(10**30)}, "every"),
    ],
)
def test_what_cannot_be_played_is_told_in_a_sentence(store, asked, path):
    book = book_with(store, START, audience=BOUGHT)
    [mistake] = campaign_simulate(store, book, "win-back", **asked, now=START)["mistakes"]
    assert mistake["path"] == path


@pytest.mark.parametrize("asked", [{"until": "9999-12-31"}, {"every": 10**30}])
def test_the_end_of_the_calendar_breaks_nothing(store, asked):
    book = book_with(store, START, audience=BOUGHT)
    usual = campaign_simulate(store, book, "win-back", "2026-02-01", now=START)
    assert campaign_simulate(store, book, "win-back", "2026-02-01", **asked, now=START) == usual


def test_a_trigger_whose_past_nobody_keeps_is_refused(store):
    book = book_with(store, START, audience=None, start={"on": "loyalty.tier_changed"})
    [mistake] = campaign_simulate(store, book, "win-back", "2026-01-01", now=START)["mistakes"]
    assert mistake["message"] == (
        "the past of this campaign cannot be played: loyalty.tier_changed: which tiers customers had before "
        "is not kept here"
    )


@pytest.mark.parametrize("name", ["since", "until", "every", "after", "limit"])
def test_nobodys_json_becomes_an_operator(store, name):
    book = book_with(store, START, audience=BOUGHT)
    asked = {"since": "2026-01-01", name: {"$gt": ""}}
    with pytest.raises(InvalidArgument, match=f"{name} must be"):
        campaign_simulate(store, book, "win-back", **asked, now=START)
