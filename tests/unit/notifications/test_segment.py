"""Segment rules: what can be said, what is refused and how, and what a rule means for one customer."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.notifications.audience.segment_query import query
from services.notifications.domain.audience import Entry
from services.notifications.domain.facts import Amount, ExpiringPoints, Feedback, Merged, NextTier, Purchase
from services.notifications.domain.predefined import PREDEFINED
from services.notifications.domain.rule import days_of_year
from services.notifications.domain.segment import RuleError, matches, parse, plain, speaks_of_start
from services.notifications.domain.traits import FIELDS, traits_of
from tests.unit.notifications.builders import NOON, complaint, entry, member
from tests.unit.notifications.people import NOW, START, learnt, rules


def comparison(field, op, value):
    return {"field": field, "op": op, "value": value}


def holds(content, customer, now=NOON, start=None):
    return matches(parse(content), traits_of(customer), now, start)


def refused(content):
    with pytest.raises(RuleError) as caught:
        parse(content)
    return caught.value.path, caught.value.message


@given(rules)
@example({"field": "next_tier_missing", "op": "exists", "value": False})
def test_a_rule_is_the_same_after_it_was_written_down(content):
    rule = parse(content)
    assert parse(json.loads(json.dumps(plain(rule)))) == rule


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["and", "or", "not", "field", "op", "value", "purchases", "segment", "$gt", "$where"]
            ),
            inner,
            max_size=3,
        )
    ),
)


@given(json_values)
def test_whatever_comes_in_is_a_rule_or_is_refused_as_one(content):
    with suppress(RuleError):
        assert query(parse(content), NOW, START)


OPERATORS_OF_OURS = {
    *("$and", "$or", "$nor", "$eq", "$lt", "$lte", "$gt", "$gte", "$in", "$nin", "$exists", "$elemMatch"),
    *("$expr", "$size", "$filter", "$ifNull", "$literal"),
}


def keys(filter):
    if isinstance(filter, dict):
        for key, value in filter.items():
            yield key
            if key != "$literal":
                yield from keys(value)
    elif isinstance(filter, list):
        for one in filter:
            yield from keys(one)


@given(rules)
def test_no_key_of_a_filter_comes_from_the_rule(content):
    ours = {f"traits.{name}" for name in FIELDS} | {
        "traits",
        "purchases",
        "at",
        "categories",
        "input",
        "cond",
    }
    assert set(keys(query(parse(content), NOW, START))) <= ours | OPERATORS_OF_OURS


@pytest.mark.parametrize(
    ("content", "path"),
    [
        ({"field": "tier", "op": "eq", "value": {"$gt": ""}}, "value"),
        ({"field": "tier", "op": "in", "value": ["gold", {"$ne": None}]}, "value[1]"),
        ({"field": "points", "op": "gt", "value": {"$numberLong": "1"}}, "value"),
        ({"field": "last_purchase_at", "op": "lt", "value": {"$date": "2026-01-01"}}, "value"),
        ({"field": "last_purchase_at", "op": "lt", "value": {"days_ago": {"$gt": 1}}}, "value.days_ago"),
        ({"field": "repeat", "op": "exists", "value": {"$gt": 1}}, "value"),
        ({"field": "$where", "op": "eq", "value": "1"}, "field"),
        ({"field": "traits.tier", "op": "eq", "value": "1"}, "field"),
        ({"field": "profile.emails", "op": "eq", "value": "a@x.com"}, "field"),
        ({"field": {"$gt": ""}, "op": "eq", "value": "1"}, "field"),
        ({"field": "tier", "op": "$ne", "value": "1"}, "op"),
        ({"field": "tier", "op": ["eq"], "value": "1"}, "op"),
        ({"field": "tier", "op": "regex", "value": ".*"}, "op"),
        ({"field": "tier", "op": "eq", "value": "1", "$where": "1"}, "$where"),
        ({"$where": "sleep(1000)"}, ""),
        ({"segment": {"$gt": ""}}, "segment"),
        ({"not": {"$or": []}}, "not"),
        ({"purchases": {"from_days_ago": 9, "category": {"$gt": ""}}}, "purchases.category"),
        ({"purchases": {"from_days_ago": {"$gt": ""}}}, "purchases.from_days_ago"),
        ({"purchases": {"from_days_ago": 9, "$where": "1"}}, "purchases.$where"),
    ],
)
def test_an_operator_of_the_database_is_refused_wherever_it_stands(content, path):
    assert refused({"and": [content]})[0] == (f"and[0].{path}" if path else "and[0]")


def nested(depth):
    rule = {"segment": "lost"}
    for _ in range(depth):
        rule = {"not": rule}
    return rule


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (nested(8), "nested too deeply"),
        (nested(500), "nested too deeply"),
        ({"and": [{"segment": "lost"}] * 101}, "1 to 100 elements"),
        ({"or": [{"and": [{"segment": "lost"}] * 60}] * 2}, "100 are the most"),
        (comparison("tier", "in", ["gold"] * 101), "1 to 100 elements"),
        (comparison("tier", "in", []), "1 to 100 elements"),
        (comparison("points", "between", [1, 2, 3]), "must have 2 elements"),
        (comparison("tier", "eq", "x" * 201), "1 to 200 characters"),
        (comparison("tier", "eq", "a\0"), "without NUL"),
        (comparison("tier", "eq", "\ud800"), "half characters"),
        (comparison("points", "gt", float("inf")), "must be a number"),
        (comparison("points", "gt", float("nan")), "must be a number"),
        (comparison("points", "gt", 2**60), "must be a number"),
        (comparison("points", "gt", True), "must be a number"),
        (comparison("spend", "gt", 20), "must be a decimal string"),
        (comparison("spend", "gt", "1e9"), "must be a decimal string"),
        (comparison("spend", "gt", "٢٠"), "must be a decimal string"),
        (comparison("last_purchase_at", "gt", "2026-02-30"), "does not exist"),
        (comparison("last_purchase_at", "gt", "9999-12-31"), "must be a day"),
        (comparison("last_purchase_at", "gt", "2026-01-31T10:00:00"), "must be a day"),
        (comparison("last_purchase_at", "gt", {"days_ago": -1}), "whole number from 0"),
        (comparison("last_purchase_at", "gt", {"days_ago": 10**9}), "whole number from 0"),
        (comparison("last_purchase_at", "gt", {"start": 1}), "days_ago"),
        (comparison("anniversary", "eq", "02-30"), "does not exist"),
        (comparison("tier", "lt", "gold"), "there are eq, ne, in, exists"),
        (comparison("email", "eq", "a@x.com"), "there are exists"),
        (comparison("teir", "eq", "gold"), "did you mean tier?"),
        ({"segment": "loyall"}, "did you mean loyal?"),
        ({"field": "tier", "op": "eq"}, "is required"),
        ({"field": "tier", "value": "gold"}, "is required"),
        ({"and": {}}, "must be a list"),
        ({"and": []}, "1 to 100 elements"),
        ({"and": [{"segment": "lost"}], "or": [{"segment": "lost"}]}, "is not expected"),
        ({"purchases": {}}, "is required"),
        ({"purchases": {"from_days_ago": 1, "to_days_ago": 2}}, "must not be before"),
        ({"purchases": {"from_days_ago": 1, "at_least": 3, "at_most": 2}}, "must not be below"),
        ({}, "must have one of"),
        ([], "must be an object"),
        ("at_risk", "must be a rule, not 'at_risk'; a segment is {segment: NAME}"),
        (None, "must be an object"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_what_was_expected(content, says):
    assert says in refused(content)[1]


def test_a_refusal_shows_nothing_that_would_break_a_line_or_fill_a_page():
    _, message = refused(comparison("points", "eq", "\x1b[31m\n" + "x" * 10_000))
    assert len(message) < 200
    assert message.isprintable()


def bought(*days_ago, categories=()):
    purchases = (Purchase(f"p{days}", NOON - timedelta(days=days), categories) for days in days_ago)
    return learnt(*purchases)


def test_last_purchase_60_to_90_days_ago():
    content = comparison("last_purchase_at", "between", [{"days_ago": 90}, {"days_ago": 60}])
    found = [days for days in range(120) if holds(content, entry(member=None, own=bought(days)))]
    assert found == list(range(60, 91))


def test_beans_twice_in_a_month():
    content = {"purchases": {"from_days_ago": 30, "category": "beans", "at_least": 2}}
    assert holds(content, entry(own=bought(1, 30, categories=("beans",))))
    assert not holds(content, entry(own=bought(1, 31, categories=("beans",))))
    assert not holds(content, entry(own=bought(1, 30, categories=("tea",))))


def test_what_is_not_known_fulfils_nothing_but_ne_and_not():
    stranger = Entry("x")
    assert not holds(comparison("tier", "eq", "gold"), stranger)
    assert holds(comparison("tier", "ne", "gold"), stranger)
    assert holds({"not": comparison("tier", "eq", "gold")}, stranger)
    assert holds(comparison("tier", "exists", False), stranger)


@pytest.mark.parametrize("fact", [{"merged": Merged("b", 1)}, {"erased": True}])
def test_an_alias_and_somebody_erased_are_in_no_segment(fact):
    assert not holds({"not": {"segment": "loyal"}}, entry(**fact))


def test_the_start_of_a_journey_has_a_meaning_only_in_one():
    content = {"not": comparison("last_purchase_at", "gt", {"start": True})}
    assert speaks_of_start(parse(content))
    assert not speaks_of_start(parse({"segment": "lost"}))
    customer = entry(own=bought(2))
    assert holds(content, customer, start=NOON - timedelta(days=1))
    assert not holds(content, customer, start=NOON - timedelta(days=3))
    with pytest.raises(RuleError, match="journey"):
        holds(content, customer)
    with pytest.raises(RuleError, match="journey"):
        query(parse(content), NOON)


@pytest.mark.parametrize(
    ("op", "value", "now", "days"),
    [
        ("eq", {"days_ahead": 0}, "2026-03-04", ["03-04"]),
        ("eq", {"days_ago": 0}, "2026-02-28", ["02-28", "02-29"]),
        ("eq", {"days_ago": 0}, "2028-02-28", ["02-28"]),
        ("between", [{"days_ahead": 0}, {"days_ahead": 2}], "2026-12-31", ["12-31", "01-01", "01-02"]),
        ("in", ["01-01", "02-29"], "2026-12-31", ["01-01", "02-29"]),
    ],
)
def test_anniversaries_go_round_the_year(op, value, now, days):
    rule = parse(comparison("anniversary", op, value))
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    found = days_of_year(rule, at)
    assert sorted(found) == sorted(days)


def feedback(score, days_ago):
    return Feedback("csat", score, 5, NOON - timedelta(days=days_ago), "f")


DAY = timedelta(days=1)


def counted(**figures):
    return entry(member=replace(member(), **figures))


EXAMPLES = {
    "new": entry(member=None, own=bought(10)),
    "repeat": entry(),
    "loyal": entry(member=None, own=bought(10, 50, 90, 130)),
    "at_risk": counted(due_at=NOON - 31 * DAY, last_purchase_at=NOON - 90 * DAY),
    "lost": entry(member=None, own=bought(366)),
    "nearly_promoted": counted(
        last_purchase_at=NOON - DAY,
        qualifying_spend=Amount(Decimal("80.00"), "USD"),
        next_tier=NextTier("gold", Amount(Decimal("20.00"), "USD")),
    ),
    "due_now": counted(due_at=NOON - DAY, last_purchase_at=NOON - 30 * DAY),
    "points_expiring": counted(points_expiring=ExpiringPoints(5, NOON + 30 * DAY)),
    "quiet_complainers": entry(member=None, own=learnt(feedback(1, 10), *bought(20).purchases)),
}


@pytest.mark.parametrize("name", PREDEFINED)
def test_a_predefined_segment_finds_whom_it_is_for(name):
    assert holds({"segment": name}, EXAMPLES[name])
    assert not holds({"segment": name}, Entry("x"))
    assert set(PREDEFINED[name].title) == set(PREDEFINED[name].about) == {"en", "ar"}


@pytest.mark.parametrize(
    "not_quiet",
    [
        learnt(feedback(5, 10), *bought(20).purchases),
        learnt(feedback(1, 10), *bought(5).purchases),
        learnt(feedback(1, 400)),
        learnt(feedback(1, 10), complaint("opened")),
    ],
)
def test_who_is_content_or_came_back_or_complains_aloud_is_no_quiet_complainer(not_quiet):
    assert not holds({"segment": "quiet_complainers"}, entry(member=None, own=not_quiet))
