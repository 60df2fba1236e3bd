"""A rule as a filter of the database, over an allow-list: what `domain.segment.matches` says of one customer.

Field names come from `FIELDS` and operators from here; whatever comes from the rule is a value only.
"""

from datetime import datetime
from typing import Any

from services.notifications.domain.rule import (
    And,
    Bought,
    Comparison,
    Named,
    Not,
    Or,
    Rule,
    RuleError,
    days_of_year,
    span,
    window,
)
from services.notifications.domain.segment import operands, speaks_of_start
from services.notifications.domain.traits import FIELDS, Kind

Filter = dict[str, Any]


def query(rule: Rule, now: datetime, start: datetime | None = None) -> Filter:
    """Return the filter that finds the customers of a segment at `now`, and nobody's alias.

    Raises:
        RuleError: the rule speaks of the start of a journey, and `start` is None.
    """
    if start is None and speaks_of_start(rule):
        raise RuleError("", 'only the steps of a journey may use {"start": true}')
    return within(_filter(rule, now, start), PEOPLE)


#: Everybody who is no alias and was not erased: whoever has traits has this one.
PEOPLE: Filter = {"traits.open_complaints": {"$exists": True}}


def within(one: Filter, other: Filter) -> Filter:
    """Return the filter for those whom both find, as flat as can be: not every server looks into an $and."""
    return {"$and": [one, other]} if one.keys() & other.keys() else one | other


def _filter(rule: Rule, now: datetime, start: datetime | None) -> Filter:
    match rule:
        case And(rules):
            return {"$and": [_filter(one, now, start) for one in rules]}
        case Or(rules):
            return {"$or": [_filter(one, now, start) for one in rules]}
        case Not(inner):
            return {"$nor": [_filter(inner, now, start)]}
        case Named(rule=inner):
            return _filter(inner, now, start)
        case Bought():
            return _bought(rule, now)
        case Comparison():
            return _compared(rule, now, start)


def _compared(rule: Comparison, now: datetime, start: datetime | None) -> Filter:
    field = f"traits.{rule.field}"
    if rule.op == "exists":
        return {field: {"$exists": rule.value}}
    kind = FIELDS[rule.field].kind
    if kind is Kind.DAY_OF_YEAR:
        days = list(days_of_year(rule, now))
        return {field: {"$nin": days} if rule.op == "ne" else {"$in": days}}
    spans = [span(one, now, start) for one in operands(rule)]
    first, last = spans[0], spans[-1]
    match rule.op:
        case "lt":
            return {field: {"$lt": first.low}}
        case "le":
            return {field: {"$lte": first.high}}
        case "gt":
            return {field: {"$gt": first.high}}
        case "ge":
            return {field: {"$gte": first.low}}
        case "between":
            return {field: {"$gte": first.low, "$lte": last.high}}
        case "ne":
            return {"$nor": [_within(field, first)]}
        case _:
            return (
                {"$or": [_within(field, one) for one in spans]} if len(spans) > 1 else _within(field, first)
            )


def _within(field: str, one: Any) -> Filter:
    if one.low == one.high:
        return {field: {"$eq": one.low}}
    return {field: {"$gte": one.low, "$lte": one.high}}


def _bought(rule: Bought, now: datetime) -> Filter:
    low, high = window(rule, now)
    one: Filter = {"at": {"$gte": low, "$lte": high}}
    if rule.category is not None:
        one["categories"] = {"$eq": rule.category}
    some = {"purchases": {"$elemMatch": one}}
    if (rule.at_least, rule.at_most) == (0, None):
        return {}
    if rule.at_most == 0:
        return {"$nor": [some]}
    if (rule.at_least, rule.at_most) == (1, None):
        return some
    count = {
        "$size": {"$filter": {"input": {"$ifNull": ["$purchases", []]}, "cond": _counts(rule, low, high)}}
    }
    limits: list[Filter] = [{"$gte": [count, rule.at_least]}]
    if rule.at_most is not None:
        limits.append({"$lte": [count, rule.at_most]})
    counted: Filter = {"$expr": {"$and": limits}}
    return {"$and": [some, counted]} if rule.at_least else counted


def _counts(rule: Bought, low: object, high: object) -> Filter:
    within: list[Filter] = [{"$gte": ["$$this.at", low]}, {"$lte": ["$$this.at", high]}]
    if rule.category is not None:
        # Within an expression a text that begins with a dollar would be read as the name of a field.
        literal = {"$literal": rule.category}
        within.append({"$in": [literal, {"$ifNull": ["$$this.categories", []]}]})
    return {"$and": within}
