"""Segments on a real database: it finds exactly those of whom the rule holds, however it is written."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo.database import Database

from services.notifications.audience import segments
from services.notifications.audience.segment_query import query
from services.notifications.documents import document_of
from services.notifications.domain.audience import Entry
from services.notifications.domain.facts import Purchase
from services.notifications.domain.predefined import PREDEFINED
from services.notifications.domain.segment import matches, parse
from services.notifications.domain.traits import traits_of
from services.notifications.store import NotificationsStore
from tests.unit.notifications.builders import (
    created,
    entry,
    erased,
    member_updated,
    profile,
    recorded,
    repointed,
)
from tests.unit.notifications.people import NOW, START, WORDS, entries, learnt, rules
from wafa.runtime.errors import InvalidArgument


@pytest.fixture
def store(database: Database) -> NotificationsStore:
    store = NotificationsStore(database)
    store.create_indexes()
    return store


def everybody(store: NotificationsStore, people: list[Entry]) -> None:
    store._people.delete_many({})  # type: ignore[attr-defined]
    store._people.insert_many([document_of(one) for one in people])  # type: ignore[attr-defined]


def agree(store: NotificationsStore, people: list[Entry], content: object) -> int:
    """Hold the two readings of a rule together; return how many it finds."""
    rule = parse(content)
    found = {one.customer_id for one in store.audience_page(query(rule, NOW, START), None, 1000)}
    assert found == {one.customer_id for one in people if matches(rule, traits_of(one), NOW, START)}, content
    return len(found)


@settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(entries, min_size=1, max_size=12, unique_by=lambda one: one.customer_id),
    st.lists(rules, min_size=1, max_size=15),
)
def test_the_database_and_the_rule_agree_on_everybody(store, people, written):
    everybody(store, people)
    for content in written:
        agree(store, people, content)


#: The first and the last millisecond of UTC days, and those beside them.
EDGES = [
    datetime(2026, 3, day, tzinfo=UTC) + timedelta(milliseconds=edge)
    for day in (3, 4, 5)
    for edge in (-1, 0, 1)
]


@pytest.mark.parametrize(
    "operand",
    [
        {"days_ago": 0},
        {"days_ago": 1},
        {"days_ahead": 1},
        "2026-03-04",
        "2026-03-04T00:00:00Z",
        {"start": True},
    ],
)
def test_relative_dates_follow_utc_days_to_the_millisecond(store, operand):
    people = [entry(f"{place}", own=learnt(Purchase("p", at))) for place, at in enumerate(EDGES)]
    everybody(store, people)
    found = {
        op: agree(store, people, {"field": "last_purchase_at", "op": op, "value": operand})
        for op in ("eq", "ne", "lt", "le", "gt", "ge")
    }
    assert found["eq"] + found["ne"] == found["lt"] + found["ge"] == found["le"] + found["gt"] == len(EDGES)
    assert found["le"] - found["lt"] == found["ge"] - found["gt"] == found["eq"]
    for other in ({"days_ago": 0}, "2026-03-05T00:00:00Z"):
        agree(store, people, {"field": "last_purchase_at", "op": "between", "value": [operand, other]})
        agree(store, people, {"field": "last_purchase_at", "op": "in", "value": [operand, other]})


def test_today_is_the_same_day_for_everybody_whatever_the_hour():
    rule = parse({"field": "due_at", "op": "eq", "value": {"days_ago": 0}})
    day = datetime(2026, 3, 4, tzinfo=UTC)
    asked = [query(rule, day + timedelta(hours=hours)) for hours in (0, 12, 23.99)]
    assert asked[0] == asked[1] == asked[2]
    assert query(rule, day + timedelta(days=1)) != asked[0]
    elsewhere = (day + timedelta(hours=23)).astimezone(timezone(timedelta(hours=13)))
    assert query(rule, elsewhere) == asked[0]


@pytest.mark.parametrize("category", [None, "beans", "$beans", "$$this.at", "tea"])
def test_purchases_in_a_window_are_counted(store, category):
    people = [
        entry(f"{count} {name}", own=learnt(*(Purchase(f"{n}", EDGES[n + 3], (name,)) for n in range(count))))
        for count in range(5)
        for name in ("beans", "$beans", "$$this.at", "$categories")
    ]
    everybody(store, people)
    which = {} if category is None else {"category": category}
    for days in ({"from_days_ago": 1}, {"from_days_ago": 0}, {"from_days_ago": 2, "to_days_ago": 1}):
        for limits in ({}, {"at_least": 2}, {"at_most": 0}, {"at_most": 2}, {"at_least": 1, "at_most": 2}):
            agree(store, people, {"purchases": days | limits | which})
    expected = {None: 12, "tea": 0}.get(category, 3)
    assert agree(store, people, {"purchases": {"from_days_ago": 1, "at_least": 2} | which}) == expected


@pytest.mark.parametrize("word", [*WORDS, "$customer_id", '{"$gt": ""}'])
def test_no_word_is_more_than_a_value(store, word):
    people = [entry(word or "_", profile=profile(account=word, tags=(word, "x"))), entry("b")]
    everybody(store, people)
    for field in ("account", "tags"):
        for op, value in (("eq", word), ("in", [word]), ("in", [word, "x"]), ("ne", "other")):
            assert agree(store, people, {"field": field, "op": op, "value": value}) >= 1


def test_whoever_was_merged_or_erased_is_in_no_segment(notifications):
    bought = [
        recorded(one, "purchase.completed.v1", id=f"{one} p", purchase_id=one, lines=[{"category": one}])
        for one in "abc"
    ]
    notifications.take_in(*bought, *(member_updated(one) for one in "abc"))
    notifications.take_in(repointed("merged", "a", "b"), erased("c"))
    everyone = {"not": {"field": "tier", "op": "eq", "value": "platinum"}}
    [only] = segments.segment_sample(notifications.store, everyone, 10, NOW)["customers"]
    assert (only["customer_id"], only["traits"]["categories"]) == ("b", ["a", "b"])
    by_alias = {"purchases": {"from_days_ago": 1, "category": "a"}}
    assert segments.segment_count(notifications.store, by_alias, NOW)["count"] == 1
    notifications.take_in(repointed("unmerged", "a", "b", 3))
    assert segments.segment_count(notifications.store, everyone, NOW)["count"] == 2
    [only] = segments.segment_sample(notifications.store, by_alias, 10, NOW)["customers"]
    assert only["customer_id"] == "a"


def test_pages_hold_everybody_once(store):
    people = [entry(f"{number:03}") for number in range(25)]
    everybody(store, people)
    rule = query(parse({"field": "points", "op": "ge", "value": 0}), NOW)
    pages, after = [], None
    while page := store.audience_page(rule, after, 10):
        pages.append([one.customer_id for one in page])
        after = pages[-1][-1]
    assert [len(page) for page in pages] == [10, 10, 5]
    assert [one for page in pages for one in page] == [one.customer_id for one in people]
    assert store.count(rule) == 25
    assert store.sample(rule, 3) == store.sample(rule, 3)


def test_an_entry_that_cannot_be_read_holds_nobody_else_up(store, database):
    everybody(store, [entry(f"{number}") for number in range(5)])
    database["audience"].update_many({"_id": {"$in": ["0", "1", "3"]}}, {"$set": {"version": "many"}})
    rule = query(parse({"field": "points", "op": "ge", "value": 0}), NOW)
    assert [one.customer_id for one in store.audience_page(rule, None, 2)] == ["2", "4"]


@pytest.mark.parametrize("name", PREDEFINED)
def test_a_predefined_segment_can_be_counted_by_its_name(store, name):
    assert segments.segment_count(store, name, NOW) == {"count": 0, "rule": {"segment": name}}


def test_a_rule_that_cannot_be_understood_is_answered_with_where_and_why(store):
    broken = {"and": [{"segment": "lost"}, {"field": "points", "op": "gt", "value": {"$gt": ""}}]}
    error = segments.segment_count(store, broken, NOW)["error"]
    assert error["path"] == "and[1].value"
    assert "must be a number" in error["message"]
    assert "did you mean loyal" in segments.segment_sample(store, "loyals", 5, NOW)["error"]["message"]
    with pytest.raises(InvalidArgument, match="limit must be a whole number"):
        segments.segment_sample(store, "loyal", "5", NOW)


def test_a_sample_is_written_as_rules_write_it(notifications):
    notifications.take_in(member_updated("a"), created("a", tags=["vip"]))
    [one] = segments.segment_sample(notifications.store, "repeat", 1, NOW)["customers"]
    assert one["name"] == "Sara"
    assert one["traits"]["spend"] == "60"
    assert one["traits"]["last_purchase_at"] == "2026-03-04T12:00:00Z"
    assert one["traits"]["tags"] == ["vip"]
