"""The audience in the database: workers in each other's way, and merges that are interrupted."""

import random
import threading
from dataclasses import replace

import pytest
from msgspec import ValidationError

from services.notifications import queries
from services.notifications.domain.audience import home
from tests.unit.notifications.builders import (
    complained,
    created,
    erased,
    member_updated,
    recognized,
    recorded,
    repointed,
    told,
)
from wafa.runtime.errors import InvalidArgument


def story(customer_id):
    return [
        created(customer_id),
        created(customer_id, version=2, name="Sara Ali"),
        member_updated(customer_id, points=10),
        member_updated(customer_id, version=2, points=20),
        complained(customer_id, "opened", id=f"{customer_id} k1", case=customer_id),
        complained(customer_id, "resolved", id=f"{customer_id} k2", minute=5, case=customer_id),
        complained(customer_id, "reopened", id=f"{customer_id} k3", minute=9, case=customer_id),
        recorded(customer_id, "feedback.given.v1", id=f"{customer_id} f", kind="csat", score=2),
        recorded(customer_id, "purchase.completed.v1", id=f"{customer_id} p"),
    ]


MERGED = repointed("merged", "a", "b")
#: Several merges and their undoing; in the end a is b, and d and e are c.
MOVES = [
    MERGED,
    repointed("merged", "b", "c", 2),
    repointed("unmerged", "b", "c", 3),
    repointed("merged", "d", "b", 2),
    repointed("unmerged", "d", "b", 3),
    repointed("merged", "d", "c", 4),
    repointed("merged", "e", "d", 2),
]


def everybody(notifications):
    """The audience but for the number of its writes, which depends on who was in whose way."""
    entries, damaged = notifications.store.readable_entries("abcdef", with_aliases=True)
    assert damaged == {}
    return {one: replace(entry, version=0) for one, entry in entries.items()}


def test_workers_in_each_others_way_lose_nothing(notifications):
    events = [event for one in "abcdef" for event in story(one)] + MOVES
    threads = []
    for seed in range(4):
        shuffled = random.Random(seed).sample(events, len(events))
        cut = [shuffled[start : start + 5] for start in range(0, len(shuffled), 5)]
        threads.append(
            threading.Thread(target=lambda cut=cut: [notifications.take_in(*batch) for batch in cut])
        )
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in "abcdef":
        known = queries.audience(notifications.store, one)
        assert known["profile"]["name"] == "Sara Ali"
        assert known["member"]["points"] == 20
    met = everybody(notifications)
    assert {one: entry.aliases for one, entry in met.items() if entry.aliases} == {
        "b": ("a",),
        "c": ("d", "e"),
    }
    told = {one: len(entry.told.complaints) for one, entry in met.items()}
    assert told == {"a": 1, "b": 2, "c": 3, "d": 1, "e": 1, "f": 1}


@pytest.mark.parametrize("seed", range(3))
def test_moves_that_cross_each_other_end_where_they_would_one_after_the_other(notifications, database, seed):
    """Many small writers of the same few entries, all of whom must see what the others did."""
    notifications.take_in(*(event for one in "abcde" for event in story(one)))
    errors = []

    def work(number):
        mine = random.Random(10 * seed + number)
        try:
            for event in mine.sample(MOVES, len(MOVES)):
                late = complained(mine.choice("abcde"), "opened", id=f"late {number}", minute=number)
                notifications.take_in(event, late)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    met = everybody(notifications)
    for one, entry in met.items():
        here = {other: met[other].own for other in met if other != one and home(met, other) == one}
        assert {brought.by: brought.told for brought in entry.brought} == here
    assert {one: home(met, one) for one in "abcde"} == {"a": "b", "b": "b", "c": "c", "d": "c", "e": "c"}


def test_a_batch_that_changes_nothing_writes_nothing(notifications):
    notifications.take_in(*story("a"))
    version = queries.audience(notifications.store, "a")["version"]
    notifications.take_in(*reversed(story("a")))
    assert queries.audience(notifications.store, "a")["version"] == version == 1


@pytest.mark.parametrize("events", [[MERGED], [MERGED, MOVES[1]], MOVES])
@pytest.mark.parametrize("after", [1, 2, 3, 4, 5])
def test_merges_that_are_interrupted_lose_nothing_and_are_ended_by_who_gets_them_next(
    notifications, monkeypatch, events, after
):
    notifications.take_in(*(event for one in "abcde" for event in story(one)))
    save, calls = notifications.store.save, []

    def dies_in_the_end(entries):
        calls.append(1)
        if len(calls) == after:
            raise ConnectionError
        return save(entries)

    with monkeypatch.context() as patched:
        patched.setattr(notifications.store, "save", dies_in_the_end)
        for event in events:
            try:
                notifications.take_in(event)
            except ConnectionError:
                break
    for event in events:
        notifications.take_in(event)
    interrupted = everybody(notifications)
    assert sorted(one for entry in interrupted.values() for one in entry.aliases) == sorted(
        one for one in interrupted if home(interrupted, one) != one
    )
    assert all(entry.profile and entry.own.complaints for entry in interrupted.values())


def test_a_merge_that_is_undone_leaves_everybody_as_they_were(notifications):
    notifications.take_in(*(event for one in "abc" for event in story(one)))
    before = everybody(notifications)
    notifications.take_in(MERGED, repointed("merged", "b", "c", 2))
    assert queries.audience(notifications.store, "a")["customer_id"] == "c"
    assert queries.audience(notifications.store, "a")["aliases"] == ["a", "b"]
    notifications.take_in(repointed("unmerged", "b", "c", 3), repointed("unmerged", "a", "b", 3))
    assert {one: replace(entry, merged=None) for one, entry in everybody(notifications).items()} == before


def test_of_a_merged_person_one_document_tells_everything(notifications, database):
    notifications.take_in(*story("a"), *story("b"), MERGED)
    whole = database["audience"].find_one({"_id": "b"})
    assert len(whole["complaints"]) == 2
    assert [one["by"] for one in whole["brought"]] == ["a"]


def test_messages_to_any_id_are_those_of_the_whole_person(notifications):
    notifications.take_in(*story("a"), *story("b"), recognized("a"), recognized("b"), MERGED)
    for one in "ab":
        rows = queries.outreach(notifications.store, customer_id=one)["outreach"]
        assert sorted(row["customer_id"] for row in rows) == ["a", "b"]


def test_what_customers_waits_for_is_confirmed_when_it_is_durable_and_only_then(notifications, monkeypatch):
    changes = [MERGED, repointed("unmerged", "a", "b", 3), erased("c"), erased("d"), MERGED]

    def dies(entries):
        raise ConnectionError

    with monkeypatch.context() as patched:
        patched.setattr(notifications.store, "save", dies)
        with pytest.raises(ConnectionError):
            notifications.take_in(*changes)
    assert notifications.published == []
    notifications.take_in(*changes)
    notifications.take_in(MERGED)
    confirmed = notifications.told("customer.change_applied.v1")
    assert len(confirmed) == 4
    assert confirmed[-1] in confirmed[:3]
    assert {one["data"]["service"] for one in confirmed} == {"notifications"}
    assert {one["data"]["change_id"] for one in confirmed} == {one["data"]["change_id"] for one in changes}


def test_an_erased_customer_leaves_nothing_but_the_fact(notifications):
    notifications.take_in(*story("a"), erased("a"))
    notifications.take_in(created("a", version=9))
    known = notifications.store.entries(["a"])["a"]
    assert (known.erased, known.profile, known.told.complaints) == (True, None, ())


def test_when_all_ids_of_a_person_are_erased_no_copy_is_left(notifications, database):
    notifications.take_in(*story("a"), *story("b"), MERGED)
    notifications.take_in(erased("a"))
    notifications.take_in(erased("b"), *story("a"))
    left = repr(list(database["audience"].find()))
    assert [one for one in ("Sara", "csat", "purchase.", "reopened", "a k3", "b f") if one in left] == []


def test_a_damaged_entry_holds_up_its_own_events_and_no_others(notifications, database):
    notifications.take_in(*story("a"), *story("b"), *story("c"))
    database["audience"].update_one({"_id": "b"}, {"$set": {"profile.emails": [1]}})
    news = [
        created("a", version=3, name="New"),
        created("b", version=3),
        MERGED,
        created("c", version=3, name="New"),
    ]
    verdicts = notifications.take_in(*news, recognized("b"))
    assert [verdict.event for verdict in verdicts] == [news[0], news[1], news[2]]
    assert all("profile.emails" in verdict.why for verdict in verdicts)
    assert queries.audience(notifications.store, "c")["profile"]["name"] == "New"
    assert notifications.told("customer.change_applied.v1") == []

    database["audience"].update_one({"_id": "b"}, {"$set": {"profile.emails": []}})
    assert notifications.take_in(*(verdict.event for verdict in verdicts)) == []
    assert queries.audience(notifications.store, "a")["customer_id"] == "b"
    assert len(notifications.told("customer.change_applied.v1")) == 1


def test_one_broken_event_is_an_error_before_anything_is_written(notifications):
    broken = created("b")
    del broken["data"]["version"]
    with pytest.raises(KeyError):
        notifications.take_in(created("a"), broken)
    assert notifications.store.entries(["a", "b"]) == {}


def test_events_that_no_campaign_waits_for_pass(notifications):
    due = {"last_purchase_at": "2026-01-01T12:00:00Z", "due_at": "2026-02-01T12:00:00Z"}
    notifications.take_in(
        told("repurchase.due.v1", customer_id="a", **due), told("outreach.sent.v1", customer_id="a")
    )
    assert notifications.states() == {}


def test_messages_are_listed_page_by_page_the_last_planned_first(notifications):
    for customer in ("a", "b", "c", "d", "e"):
        notifications.take_in(recognized(customer))
        notifications.later(seconds=1 if customer != "b" else 0)
    seen, before = [], None
    while True:
        page = queries.outreach(notifications.store, campaign="recognition", before=before, limit=2)
        seen += [row["customer_id"] for row in page["outreach"]]
        before = page["next"]
        if before is None:
            break
    assert sorted(seen) == ["a", "b", "c", "d", "e"]
    assert [seen[0], seen[1], seen[-1]] == ["e", "d", "a"]


def test_an_unknown_customer_is_nobody(notifications):
    assert queries.audience(notifications.store, "nobody") is None
    assert queries.outreach(notifications.store, customer_id="nobody") == {"outreach": [], "next": None}


ANYBODY = {"$ne": ""}


@pytest.mark.parametrize("before", ["garbage", "", "9999-12-31T23:59:59-14:00 a"])
def test_a_page_that_begins_nowhere_is_told_by_its_argument(notifications, before):
    with pytest.raises(InvalidArgument, match="before must be"):
        queries.outreach(notifications.store, before=before)


@pytest.mark.parametrize("wrong", [ANYBODY, 5, ["sara"]])
@pytest.mark.parametrize("name", ["customer_id", "campaign", "before"])
def test_an_object_in_the_place_of_a_text_never_becomes_an_operator(notifications, name, wrong):
    notifications.take_in(*story("sara"), recognized("sara"))
    with pytest.raises(InvalidArgument, match=f"{name} must be a string"):
        queries.outreach(notifications.store, **{name: wrong})
    with pytest.raises(InvalidArgument, match="campaign must be a string"):
        queries.counts(notifications.store, wrong)
    with pytest.raises(InvalidArgument, match="customer_id must be a string"):
        queries.audience(notifications.store, wrong)


@pytest.mark.parametrize("limit", ["5", None, 2.5, True, ANYBODY])
def test_a_limit_is_a_whole_number(notifications, limit):
    with pytest.raises(InvalidArgument, match="limit must be a whole number"):
        queries.outreach(notifications.store, limit=limit)


def test_an_answer_that_is_no_score_is_an_error_before_anything_is_written(notifications):
    score = recorded("a", "feedback.given.v1", id="f", kind="csat", score={"$ne": 1})
    with pytest.raises(ValidationError):
        notifications.take_in(created("a"), score)
    assert notifications.store.entries(["a"]) == {}
