"""Conversions: the first purchase within the window after a contact, however the news of it travels."""

from dataclasses import replace
from itertools import permutations

import pytest
from pymongo.database import Database

from services.notifications.domain.audience import Brought
from services.notifications.domain.facts import Erased, Merged
from services.notifications.domain.outreach import State
from services.notifications.results.measuring import conversions_of, mark_conversions
from services.notifications.store import NotificationsStore
from tests.integration.notifications.measured import (
    DAY,
    START,
    Versions,
    campaign,
    contacted,
    held_out,
    keep,
    know,
    purchase,
    save,
    stored,
    suppressed,
)

VERSIONS = Versions.of(campaign())


@pytest.fixture
def store(database: Database) -> NotificationsStore:
    store = NotificationsStore(database)
    store.create_indexes()
    return store


def test_a_purchase_within_the_window_is_written_on_the_message(store):
    row, bought = contacted("sara"), purchase("p1", START + DAY)
    keep(store, [row])
    know(store, "sara", bought)
    [told] = mark_conversions({"sara": [bought]}, store, VERSIONS)
    assert (told.id, told.converted.purchase_id, told.converted.minor) == (row.id, "p1", 2933)
    assert stored(store, row)["converted"]["at"] == START + DAY


def test_the_held_out_are_measured_like_the_contacted(store):
    row, bought = held_out("omar"), purchase("p1", START + DAY)
    keep(store, [row])
    know(store, "omar", bought)
    assert mark_conversions({"omar": [bought]}, store, VERSIONS)


@pytest.mark.parametrize(
    "at", [START - DAY, START + 14 * DAY], ids=["before the contact", "when the window is over"]
)
def test_a_purchase_outside_of_the_window_is_nobodys_success(store, at):
    row, bought = contacted("sara"), purchase("p1", at)
    keep(store, [row])
    know(store, "sara", bought)
    assert mark_conversions({"sara": [bought]}, store, VERSIONS) == []
    assert conversions_of([row], store, VERSIONS) == []


def test_a_purchase_at_the_very_moment_of_the_contact_counts(store):
    row, bought = contacted("sara"), purchase("p1", START)
    keep(store, [row])
    know(store, "sara", bought)
    assert mark_conversions({"sara": [bought]}, store, VERSIONS)


@pytest.mark.parametrize("reason", ["no_consent", "frequency_cap", "duplicate"])
def test_who_was_not_contacted_for_any_other_reason_is_not_measured(store, reason):
    row, bought = suppressed("sara", reason), purchase("p1", START + DAY)
    keep(store, [row])
    know(store, "sara", bought)
    assert mark_conversions({"sara": [bought]}, store, VERSIONS) == []


def test_a_message_that_came_back_is_a_contact(store):
    row, bought = contacted("sara", state=State.BOUNCED), purchase("p1", START + DAY)
    keep(store, [row])
    know(store, "sara", bought)
    assert mark_conversions({"sara": [bought]}, store, VERSIONS)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_earliest_purchase_stands_in_whichever_order_they_arrive(store, order):
    row = contacted("sara")
    keep(store, [row])
    # Two at the same moment: the smaller id is the first.
    all_three = [purchase("b", START + DAY), purchase("a", START + DAY), purchase("0", START + 2 * DAY)]
    know(store, "sara", *all_three)
    for place in order:
        mark_conversions({"sara": [all_three[place]]}, store, VERSIONS)
    assert stored(store, row)["converted"]["purchase_id"] == "a"


def test_a_batch_that_comes_again_tells_the_same_again(store):
    """The worker that wrote it may have died before it told anybody."""
    row, bought = contacted("sara"), purchase("p1", START + DAY)
    keep(store, [row])
    know(store, "sara", bought)
    first = mark_conversions({"sara": [bought]}, store, VERSIONS)
    assert mark_conversions({"sara": [bought]}, store, VERSIONS) == first


def test_a_second_purchase_changes_nothing_and_is_not_told(store):
    row, first, second = contacted("sara"), purchase("p1", START + DAY), purchase("p2", START + 2 * DAY)
    keep(store, [row])
    know(store, "sara", first, second)
    mark_conversions({"sara": [first]}, store, VERSIONS)
    assert mark_conversions({"sara": [second]}, store, VERSIONS) == []


def test_a_purchase_that_was_known_before_the_message_was_settled_is_seen_by_the_sender(store):
    """Whoever took the purchase in found no settled message: without a second look nobody would count it."""
    bought = purchase("p1", START + DAY)
    know(store, "sara", bought)
    assert mark_conversions({"sara": [bought]}, store, VERSIONS) == []
    row = contacted("sara")
    keep(store, [row])
    [told] = conversions_of([row], store, VERSIONS)
    assert told.converted.purchase_id == "p1"


def test_both_looks_come_to_the_same(store):
    row, bought = contacted("sara"), purchase("p1", START + DAY)
    keep(store, [row])
    know(store, "sara", bought)
    assert mark_conversions({"sara": [bought]}, store, VERSIONS) == conversions_of([row], store, VERSIONS)


def test_a_purchase_under_another_id_of_the_person_counts(store):
    row, bought = contacted("sara"), purchase("p1", START + DAY)
    keep(store, [row])
    other = know(store, "sara-at-the-shop", bought)
    whole = know(store, "sara")
    save(store, [replace(other, merged=Merged("sara", 1), version=1)])
    save(store, [replace(whole, brought=(Brought("sara-at-the-shop", other.own),), version=1)])
    assert mark_conversions({"sara-at-the-shop": [bought]}, store, VERSIONS)


def test_a_merge_brings_purchases_to_messages(store):
    """Whom we wrote to turns out to be who bought: nobody tells of that purchase again."""
    row, bought = contacted("sara"), purchase("p1", START + DAY)
    keep(store, [row])
    other = know(store, "sara-at-the-shop", bought)
    whole = know(store, "sara")
    assert mark_conversions({"sara-at-the-shop": [bought]}, store, VERSIONS) == []
    merged = Merged("sara", 1)
    save(store, [replace(other, merged=merged, version=1)])
    save(store, [replace(whole, brought=(Brought("sara-at-the-shop", other.own),), version=1)])
    first = mark_conversions({"sara-at-the-shop": [merged]}, store, VERSIONS)
    assert [row.converted.purchase_id for row in first] == ["p1"]
    assert mark_conversions({"sara-at-the-shop": [merged]}, store, VERSIONS) == first


def test_a_message_to_an_alias_is_followed_by_a_purchase_of_the_person(store):
    row, bought = contacted("sara-at-the-shop"), purchase("p1", START + DAY)
    keep(store, [row])
    other = know(store, "sara-at-the-shop")
    whole = know(store, "sara", bought)
    save(store, [replace(other, merged=Merged("sara", 1), version=1)])
    save(store, [replace(whole, brought=(Brought("sara-at-the-shop", other.own),), version=1)])
    assert mark_conversions({"sara": [bought]}, store, VERSIONS)
    assert conversions_of([row], store, VERSIONS)


def test_the_window_is_that_of_the_version_that_the_message_followed(store):
    row, bought = contacted("sara"), purchase("p1", START + 20 * DAY)
    keep(store, [row])
    know(store, "sara", bought)
    longer = Versions.of(campaign(), campaign(version=2, window=30 * DAY))
    assert mark_conversions({"sara": [bought]}, store, longer) == []


def test_of_an_erased_customer_nothing_is_written_any_more(store):
    row, bought = contacted("sara"), purchase("p1", START + DAY)
    keep(store, [row])
    know(store, "sara", bought, Erased())
    assert mark_conversions({"sara": [bought]}, store, VERSIONS) == []


def test_an_erasure_takes_what_leads_back_to_the_purchase_and_leaves_the_figures(store):
    row, bought = contacted("sara"), purchase("p1", START + DAY)
    keep(store, [row])
    know(store, "sara", bought)
    mark_conversions({"sara": [bought]}, store, VERSIONS)
    store.forget(["sara"], START + 2 * DAY)
    left = stored(store, row)["converted"]
    assert (left["purchase_id"], left["minor"]) == ("erased", 2933)
