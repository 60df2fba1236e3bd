"""Reading a rule from JSON, and writing it back. Whatever is not expected is an error that says where it is.

rule := {"and": [rule, ...]} | {"or": [rule, ...]} | {"not": rule} | {"segment": "loyal"}
      | {"field": F, "op": "eq|ne|lt|le|gt|ge|in|between|exists", "value": V}
      | {"purchases": {"from_days_ago": 90, "to_days_ago": 0, "category": "beans",
                       "at_least": 1, "at_most": 3}}
"""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from services.notifications.domain.operands import operand, plain_operand, shown
from services.notifications.domain.predefined import PREDEFINED
from services.notifications.domain.rule import (
    And,
    Bought,
    Comparison,
    Named,
    Not,
    Or,
    Rule,
    RuleError,
)
from services.notifications.domain.traits import FIELDS, Kind

DEEPEST = 8
MOST_RULES = 100
MOST_VALUES = 100
LONGEST_WINDOW = 36_500

_EQUAL = ("eq", "ne", "in")
_ORDERED = (*_EQUAL, "lt", "le", "gt", "ge", "between")
#: Kind of trait -> what it can be asked.
OPERATORS: Mapping[Kind, tuple[str, ...]] = {
    Kind.TEXT: (*_EQUAL, "exists"),
    Kind.TEXTS: (*_EQUAL, "exists"),
    Kind.NUMBER: (*_ORDERED, "exists"),
    Kind.MONEY: (*_ORDERED, "exists"),
    Kind.MOMENT: (*_ORDERED, "exists"),
    Kind.DAY_OF_YEAR: (*_EQUAL, "between", "exists"),
    Kind.FLAG: ("eq", "ne", "exists"),
    Kind.PRESENCE: ("exists",),
}


def parse(content: object) -> Rule:
    """Return the rule in JSON content.

    Raises:
        RuleError: it is none; the error says where and what was expected.
    """
    return _Reader().rule(content, "", DEEPEST)


def plain(rule: Rule) -> dict[str, Any]:
    """Return a rule as JSON content, every default filled in. `parse` makes the same rule of it."""
    match rule:
        case And(rules):
            return {"and": [plain(one) for one in rules]}
        case Or(rules):
            return {"or": [plain(one) for one in rules]}
        case Not(inner):
            return {"not": plain(inner)}
        case Named(name):
            return {"segment": name}
        case Bought():
            limits = {"category": rule.category, "at_least": rule.at_least, "at_most": rule.at_most}
            known = {name: value for name, value in limits.items() if value is not None}
            days = {"from_days_ago": rule.from_days_ago, "to_days_ago": rule.to_days_ago}
            return {"purchases": days | known}
        case Comparison(field, op, value):
            kind = FIELDS[field].kind
            several = isinstance(value, tuple)
            said = [plain_operand(kind, one) for one in (value if isinstance(value, tuple) else (value,))]
            return {"field": field, "op": op, "value": said if several else said[0]}


class _Reader:
    """Counts what it reads, so that a huge rule is refused before it costs anything."""

    def __init__(self) -> None:
        self._left = MOST_RULES

    def rule(self, content: object, path: str, depth: int) -> Rule:
        self._left -= 1
        if self._left < 0:
            raise RuleError(path, f"is one rule too many: {MOST_RULES} are the most")
        if depth == 0:
            raise RuleError(path, f"is nested too deeply: {DEEPEST} levels are the most")
        if isinstance(content, str):
            raise RuleError(path, f"must be a rule, not {shown(content)}; a segment is {{segment: NAME}}")
        given = _object(content, path)
        key = next((one for one in _FORMS if one in given), None)
        if key is None:
            raise RuleError(path, f"must have one of {', '.join(_FORMS)}, not {shown(sorted(given)[:3])}")
        _only(given, _FORMS[key], path)
        inner = _at(path, key)
        match key:
            case "and":
                return And(self._rules(given[key], inner, depth))
            case "or":
                return Or(self._rules(given[key], inner, depth))
            case "not":
                return Not(self.rule(given[key], inner, depth - 1))
            case "segment":
                name = _word(given[key], PREDEFINED, "segment", inner)
                return Named(name, parse(PREDEFINED[name].rule))
            case "purchases":
                return _bought(given[key], inner)
            case _:
                return _comparison(given, path)

    def _rules(self, content: object, path: str, depth: int) -> tuple[Rule, ...]:
        rules = _list(content, path, MOST_RULES, least=1)
        return tuple(self.rule(one, f"{path}[{place}]", depth - 1) for place, one in enumerate(rules))


#: What tells a form of rule -> all keys that it may have.
_FORMS: Mapping[str, tuple[str, ...]] = {
    "and": ("and",),
    "or": ("or",),
    "not": ("not",),
    "segment": ("segment",),
    "purchases": ("purchases",),
    "field": ("field", "op", "value"),
}


def _comparison(given: Mapping[str, Any], path: str) -> Comparison:
    field = _word(given["field"], FIELDS, "field", _at(path, "field"))
    kind = FIELDS[field].kind
    for name in ("op", "value"):
        if name not in given:
            raise RuleError(_at(path, name), "is required")
    op = _word(given["op"], OPERATORS[kind], f"op for {field}", _at(path, "op"))
    value, at = given["value"], _at(path, "value")
    if op == "exists":
        return Comparison(field, op, _flag(value, at))
    if op in ("in", "between"):
        least, most = (2, 2) if op == "between" else (1, MOST_VALUES)
        values = _list(value, at, most, least=least)
        return Comparison(
            field, op, tuple(operand(kind, one, f"{at}[{place}]") for place, one in enumerate(values))
        )
    return Comparison(field, op, operand(kind, value, at))


def _bought(content: object, path: str) -> Bought:
    given = _object(content, path)
    _only(given, ("from_days_ago", "to_days_ago", "category", "at_least", "at_most"), path)
    if "from_days_ago" not in given:
        raise RuleError(_at(path, "from_days_ago"), "is required")

    def number(name: str, default: int | None, most: int) -> Any:
        return _whole(given[name], _at(path, name), most) if name in given else default

    earliest, latest = number("from_days_ago", None, LONGEST_WINDOW), number("to_days_ago", 0, LONGEST_WINDOW)
    if latest > earliest:
        raise RuleError(_at(path, "to_days_ago"), f"must not be before from_days_ago, {earliest} days ago")
    at_most = number("at_most", None, MOST_VALUES)
    at_least = number("at_least", 1 if at_most is None else 0, MOST_VALUES)
    if at_most is not None and at_most < at_least:
        raise RuleError(_at(path, "at_most"), f"must not be below at_least, {at_least}")
    category = None
    if "category" in given:
        text = operand(Kind.TEXT, given["category"], _at(path, "category"))
        assert isinstance(text, str)
        category = text
    return Bought(earliest, latest, category, at_least, at_most)


def _object(content: object, path: str) -> Mapping[str, Any]:
    if not isinstance(content, Mapping):
        raise RuleError(path, f"must be an object, not {shown(content)}")
    if len(content) > MOST_VALUES or not all(isinstance(key, str) for key in content):
        raise RuleError(path, "must be an object with few keys, all of them strings")
    return content


def _list(content: object, path: str, most: int, *, least: int) -> list[Any]:
    if not isinstance(content, list):
        raise RuleError(path, f"must be a list, not {shown(content)}")
    if not least <= len(content) <= most:
        expected = f"{least}" if least == most else f"{least} to {most}"
        raise RuleError(path, f"must have {expected} elements, not {len(content)}")
    return content


def _only(given: Mapping[str, Any], allowed: tuple[str, ...], path: str) -> None:
    for key in given:
        if key not in allowed:
            raise RuleError(
                _at(path, shown(key, bare=True)), f"is not expected; there may be {', '.join(allowed)}"
            )


def _word(content: object, known: Any, what: str, path: str) -> str:
    if isinstance(content, str) and content in known:
        return content
    near = get_close_matches(content, known, n=1) if isinstance(content, str) and len(content) < 100 else []
    hint = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known)}"
    raise RuleError(path, f"{shown(content)} is no {what}{hint}")


def _whole(content: object, path: str, most: int) -> int:
    if type(content) is not int or not 0 <= content <= most:
        raise RuleError(path, f"must be a whole number from 0 to {most}, not {shown(content)}")
    return content


def _flag(content: object, path: str) -> bool:
    if not isinstance(content, bool):
        raise RuleError(path, f"must be true or false, not {shown(content)}")
    return content


def _at(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
