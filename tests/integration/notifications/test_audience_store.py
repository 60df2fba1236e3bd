"""The audience in the database: workers in each other's way, and merges that are interrupted."""

import random
import threading

import pytest

from services.notifications import handlers, queries
from tests.unit.notifications.builders import (
    NOON,
    complained,
    created,
    member_updated,
    recognized,
    recorded,
    told,
)


def story(customer_id):
    return [
        created(customer_id),
        created(customer_id, version=2, name="Sara Ali"),
        member_updated(customer_id, points=10),
        member_updated(customer_id, version=2, points=20),
        complained(customer_id, "opened", id=f"{customer_id} k1"),
        complained(customer_id, "resolved", id=f"{customer_id} k2", minute=5),
        complained(customer_id, "reopened", id=f"{customer_id} k3", minute=9),
        recorded(customer_id, "feedback.given.v1", id=f"{customer_id} f", kind="csat", score=2),
        recorded(customer_id, "purchase.completed.v1", id=f"{customer_id} p"),
    ]


MERGED = told("customer.merged.v1", id="m", **{"from": "a", "into": "b"})


def test_workers_in_each_others_way_lose_nothing(notifications):
    events = [event for one in "abcdef" for event in story(one)] + [MERGED]
    threads = []
    for seed in range(4):
        shuffled = random.Random(seed).sample(events, len(events))
        cut = [shuffled[start : start + 5] for start in range(0, len(shuffled), 5)]
        threads.append(
            threading.Thread(
                target=lambda cut=cut: [handlers.take_in(one, notifications.store, now=NOON) for one in cut]
            )
        )
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in "bcdef":
        known = queries.audience(notifications.store, one)
        assert known["profile"]["name"] == "Sara Ali"
        assert known["member"]["points"] == 20
        assert known["open_complaints"] == (2 if one == "b" else 1) - (one == "b")
        assert known["last_feedback"]["score"] == 2
    assert queries.audience(notifications.store, "a") == queries.audience(notifications.store, "b")


def test_a_batch_that_changes_nothing_writes_nothing(notifications, monkeypatch):
    notifications.take_in(*story("a"))
    version = queries.audience(notifications.store, "a")["version"]
    notifications.take_in(*reversed(story("a")))
    assert queries.audience(notifications.store, "a")["version"] == version == 1


def test_a_merge_that_is_interrupted_loses_no_complaint(notifications, monkeypatch):
    notifications.take_in(*story("a"), *story("b"))
    save, calls = notifications.store.save, []

    def dies_the_second_time(entries):
        calls.append(1)
        if len(calls) == 2:
            raise ConnectionError
        return save(entries)

    with monkeypatch.context() as patched:
        patched.setattr(notifications.store, "save", dies_the_second_time)
        with pytest.raises(ConnectionError):
            notifications.take_in(MERGED)
    notifications.take_in(MERGED)
    merged = queries.audience(notifications.store, "b")
    assert merged["aliases"] == ["a"] or merged["aliases"] == ("a",)
    assert notifications.store.entries(["a"])["a"].complaints == ()


def test_an_erased_customer_leaves_nothing_but_the_fact(notifications):
    notifications.take_in(*story("a"), told("customer.erased.v1", customer_id="a"))
    notifications.take_in(created("a", version=9))
    known = notifications.store.entries(["a"])["a"]
    assert (known.erased, known.profile, known.complaints) == (True, None, ())


def test_one_broken_event_is_an_error_before_anything_is_written(notifications):
    broken = created("b")
    del broken["data"]["version"]
    with pytest.raises(KeyError):
        notifications.take_in(created("a"), broken)
    assert notifications.store.entries(["a", "b"]) == {}


def test_events_that_are_not_for_us_yet_pass(notifications):
    notifications.take_in(told("repurchase.due.v1", customer_id="a"), told("loyalty.tier_changed.v1"))
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
