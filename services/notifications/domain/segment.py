"""Segments: what a rule over the traits of customers means.

What rules are made of stands in `rule`, how they are written in `segment_reading`. `audience.segment_query`
says the same to the database; a test on the real one holds the two together.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from services.notifications.domain.rule import (
    And,
    Bought,
    Comparison,
    Named,
    Not,
    Operand,
    Or,
    Rule,
    RuleError,
    Start,
    days_of_year,
    span,
    window,
)
from services.notifications.domain.segment_reading import parse, plain
from services.notifications.domain.traits import FIELDS, Kind, Traits

__all__ = ["Rule", "RuleError", "matches", "parse", "plain", "speaks_of_start"]


def matches(rule: Rule, traits: Traits, now: datetime, start: datetime | None = None) -> bool:
    """Tell whether a customer with these traits is in the segment at `now`.

    What is not known of a customer fulfils no comparison but `ne` and `exists: false`. Nobody without traits
    (an alias, somebody who was erased) is in any segment.

    Raises:
        RuleError: the rule speaks of the start of a journey, and `start` is None.
    """
    if start is None and speaks_of_start(rule):
        raise RuleError("", 'only the steps of a journey may use {"start": true}')
    return bool(traits) and _holds(rule, traits, now, start)


def speaks_of_start(rule: Rule) -> bool:
    """Tell whether a rule has a meaning only within a journey."""
    return any(Start() in operands(one) for one in comparisons(rule))


def comparisons(rule: Rule) -> Iterator[Comparison]:
    """Yield every comparison in a rule."""
    match rule:
        case And(rules) | Or(rules):
            for one in rules:
                yield from comparisons(one)
        case Not(rule=inner) | Named(rule=inner):
            yield from comparisons(inner)
        case Comparison():
            yield rule


def operands(comparison: Comparison) -> tuple[Operand, ...]:
    """Return what a trait is compared with, one value or several."""
    return comparison.value if isinstance(comparison.value, tuple) else (comparison.value,)


def _holds(rule: Rule, traits: Traits, now: datetime, start: datetime | None) -> bool:
    match rule:
        case And(rules):
            return all(_holds(one, traits, now, start) for one in rules)
        case Or(rules):
            return any(_holds(one, traits, now, start) for one in rules)
        case Not(inner):
            return not _holds(inner, traits, now, start)
        case Named(rule=inner):
            return _holds(inner, traits, now, start)
        case Bought():
            return _bought(rule, traits, now)
        case Comparison(op="exists"):
            return (rule.field in traits) is rule.value
        case Comparison(op="ne"):
            return not _compared(rule, "eq", traits.get(rule.field), now, start)
        case Comparison():
            return _compared(rule, rule.op, traits.get(rule.field), now, start)


def _compared(rule: Comparison, op: str, known: Any, now: datetime, start: datetime | None) -> bool:
    if known is None:
        return False
    kind = FIELDS[rule.field].kind
    if kind is Kind.DAY_OF_YEAR:
        return known in days_of_year(rule, now)
    if kind is Kind.TEXTS:
        return any(one in known for one in operands(rule))
    spans: list[Any] = [span(one, now, start) for one in operands(rule)]
    match op:
        case "lt":
            return bool(known < spans[0].low)
        case "le":
            return bool(known <= spans[0].high)
        case "gt":
            return bool(known > spans[0].high)
        case "ge":
            return bool(known >= spans[0].low)
        case "between":
            return bool(spans[0].low <= known <= spans[1].high)
        case _:
            return any(one.low <= known <= one.high for one in spans)


def _bought(rule: Bought, traits: Traits, now: datetime) -> bool:
    low, high = window(rule, now)
    count = sum(
        low <= one.at <= high and (rule.category is None or rule.category in one.categories)
        for one in traits.get("purchases", ())
    )
    return rule.at_least <= count and (rule.at_most is None or count <= rule.at_most)
