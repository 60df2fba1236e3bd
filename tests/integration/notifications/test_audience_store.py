"""The audience in the database: workers in each other's way, and merges that are interrupted."""

import random
import threading

import pytest
from msgspec import ValidationError

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
        assert known["open_complaints"] == 1
        assert known["last_feedback"]["score"] == 2
    assert queries.audience(notifications.store, "a") == queries.audience(notifications.store, "b")


def test_a_batch_that_changes_nothing_writes_nothing(notifications):
    notifications.take_in(*story("a"))
    version = queries.audience(notifications.store, "a")["version"]
    notifications.take_in(*reversed(story("a")))
    assert queries.audience(notifications.store, "a")["version"] == version == 1


def test_a_merge_that_is_interrupted_loses_no_complaint(notifications, monkeypatch):
    notifications.take_in(*story("a"), *story("b"), complained("a", "opened", id="a k9", case="of a"))
    notifications.take_in(complained("b", "opened", id="b k9", case="of b"))
    cases = {
        one: {complaint.id for complaint in notifications.store.entries([one])[one].complaints}
        for one in "ab"
    }
    assert cases["a"] - cases["b"]
    assert cases["b"] - cases["a"]
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
    known = notifications.store.entries(["a"])
    assert known["b"].aliases == ("a",)
    assert {complaint.id for complaint in known["b"].complaints} == cases["a"] | cases["b"]
    assert known["a"].complaints == ()


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


ANYBODY = {"$ne": ""}


@pytest.mark.parametrize("wrong", [ANYBODY, 5, ["sara"]])
@pytest.mark.parametrize("name", ["customer_id", "campaign", "before"])
def test_an_object_in_the_place_of_a_text_never_becomes_an_operator(notifications, name, wrong):
    notifications.take_in(*story("sara"), recognized("sara"))
    with pytest.raises(ValueError, match=f"{name} must be a string"):
        queries.outreach(notifications.store, **{name: wrong})
    with pytest.raises(ValueError, match="campaign must be a string"):
        queries.counts(notifications.store, wrong)
    with pytest.raises(ValueError, match="customer_id must be a string"):
        queries.audience(notifications.store, wrong)


@pytest.mark.parametrize("limit", ["5", None, 2.5, True, ANYBODY])
def test_a_limit_is_a_whole_number(notifications, limit):
    with pytest.raises(ValueError, match="limit must be a whole number"):
        queries.outreach(notifications.store, limit=limit)


def test_an_answer_that_is_no_score_is_an_error_before_anything_is_written(notifications):
    score = recorded("a", "feedback.given.v1", id="f", kind="csat", score={"$ne": 1})
    with pytest.raises(ValidationError):
        notifications.take_in(created("a"), score)
    assert notifications.store.entries(["a"]) == {}
