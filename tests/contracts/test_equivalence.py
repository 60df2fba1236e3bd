"""The compiled validator and marshmallow give the same verdict on whatever is thrown at them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wafa.contracts.catalogue import ALL
from wafa.contracts.examples import example
from wafa.contracts.jsonschema import inlined
from wafa.contracts.validation import accepts, faults


def nested(levels: int) -> Any:
    value: Any = "core"
    for _ in range(levels):
        value = {"in": value}
    return value


def unshared(value: Any) -> Any:
    """A copy in which no part stands in two places, as in anything read from JSON."""
    if isinstance(value, dict):
        return {key: unshared(inner) for key, inner in value.items()}
    return [unshared(inner) for inner in value] if isinstance(value, list) else value


MOMENTS = [
    "2024-02-29T23:59:59Z",
    "2023-02-29T00:00:00Z",
    "2024-02-30T00:00:00Z",
    "2024-04-31T00:00:00Z",
    "1900-02-29T00:00:00Z",
    "2000-02-29T00:00:00Z",
    "2016-12-31T23:59:60Z",
    "2024-01-01T24:00:00Z",
    "2024-01-01T00:00:00",
    "2024-01-01",
    "2024-01-01 00:00:00Z",
    "2024-01-01t00:00:00z",
    "2024-01-01T00:00:00Z\n",
    "2024-01-01T00:00:00.1Z",
    "2024-01-01T00:00:00.123456789Z",
    "2024-01-01T00:00:00.1234567890Z",
    "2024-01-01T00:00:00.Z",
    "2024-01-01T00:00:00-00:00",
    "2024-01-01T00:00:00+23:59",
    "2024-01-01T00:00:00+24:00",
    "2024-01-01T00:00:00+0300",
    "1899-12-31T23:59:59Z",
    "1900-01-01T00:00:00+23:59",
    "2999-12-31T23:59:59-23:59",
    "3000-01-01T00:00:00Z",
    "٢٠٢٤-01-01T00:00:00Z",
    "0000-00-00T00:00:00Z",
]
STRINGS = [
    *MOMENTS,
    *("", " ", "\n", "\t", "x\n", "\nx", " x", "x ", "\u00a0", "\u200f", "\u2028", "é", "e\u0301", "ليلى"),
    *("a\0", "\0", "\ud800", "\udfff", "a\x7f", "a\x85", "a\x1f", "\ufeff", "\uffff", "\U0010ffff"),
    *("5", "٥", "۵", "５", "5.0", "1e3", "true", "null", "[]", "NaN"),
    *("29.33", "29.333", "29.3333", "29.33333", "29.", ".5", "1,5", "-5.00", "+5", "1500", "1500.0", "٢٩.٣٣"),
    *("9" * 12, "9" * 13, "9" * 15 + ".99", "-" + "9" * 15, "9" * 16, "29.33\n", "0029.33", "-0"),
    *("SAR", "sar", "JPY", "KWD", "USX", "HRK", "SA", "sa", "GB", "UK", "XK", "ZZ", "SAR\n"),
    *("ar", "ar-EG", "ar_EG", "arabic", "a", "zh-Hant-TW", "ar-EG\n", "a" * 36, "en-" + "a" * 9),
    *("Asia/Riyadh", "asia/riyadh", "Mars/Phobos", "UTC", "Etc/GMT+3", "EST5EDT", "posix/UTC", "UTC\n"),
    *("a@b.co", "a@b", "a@@b.co", "a b@c.de", "a@b.co\n", "é@ü.de", "a@b..c", "@b.co", "a@b.c@d.e", "a@b.c."),
    *("x" * 64 + "@y.zz", "x" * 65 + "@y.zz", "a@" + "b" * 248 + ".com", "a@" + "b" * 249 + ".com"),
    *("+966501234567", "٠٥٠ ١٢٣", "۰۹۱۲", "12", "1" * 40, "1" * 41, "050-123#4", "+", "+++", "1234\n", "٠١²"),
    *("purchase.completed.v1", "purchase.completed", "customer.erased.v1", "Purchase.Completed.V1", "a.b.v1"),
    *("application/json", "application/json; charset=utf-8", "text/plain", "application/json\n", "1.0", "1"),
    *("/a b", "/a\n", "http://x/y?z#w", "/متجر", "x" * 200, "x" * 201, "😀" * 200, "😀" * 201, "😀" * 64),
    *("x" * 100, "x" * 101, "x" * 2000, "x" * 2001, "x" * 5001, "x" * 10_001, "nps", "csat", "granted"),
]
NUMBERS = [
    *(0, 1, -1, 5, 6, 7, 8, 10, 11, 100, 101, 604_800, 604_801, 1_000_001, 2**31, 2**53, 2**53 + 1, -(2**53)),
    *(2**63 - 1, 2**63, 2**64, -(2**63), -(2**63) - 1, 2**200, -(2**200), 10**400),
    *(
        0.0,
        -0.0,
        0.5,
        5.0,
        5.5,
        1e18,
        2.0**53,
        2.0**63,
        -(2.0**63),
        1e308,
        float("nan"),
        float("inf"),
        -float("inf"),
    ),
]
OTHERS = [
    *(
        None,
        True,
        False,
        [],
        {},
        [[]],
        [{}],
        [None],
        {"a": 1},
        {"": ""},
        {"a\0": 1},
        {"\ud800": 1},
        {"$where": "1"},
    ),
    *(["x"] * 21, [{"system": "pos", "id": "1"}] * 21, [{"system": "pos", "id": "1"}] * 1001),
    *(nested(3), nested(28), nested(29), nested(30), nested(31), nested(32), nested(33), nested(300)),
    *({"amount": "5", "currency": "SAR"}, {"amount": "5.5", "currency": "JPY"}, {"id": "1"}, {"name": "x"}),
]
NASTY = st.one_of(
    st.sampled_from(STRINGS),
    st.sampled_from(NUMBERS),
    st.sampled_from(OTHERS).map(unshared),
    st.text("aZ5٥😀 \n\0.-+@/\ud800", max_size=8),
    st.floats(),
    st.integers(),
)
AFFIXES = ["\n", " ", "\0", "\ud800", "٣", "x", ".", "-", "0", "\u2028", "x" * 200]
NAMES = [
    "unknown",
    "id",
    "traceparent",
    "name",
    "timezone",
    "lines",
    "scale_max",
    "data_base64",
    "a\0b",
    "\udc00",
    "",
    "$x",
]


def containers(value: Any) -> list[Any]:
    """All objects and non-empty arrays in a value, itself included."""
    found = []
    todo = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, dict):
            found.append(item)
            todo += item.values()
        elif isinstance(item, list) and item:
            found.append(item)
            todo += item
    return found


def mutate(event: dict[str, Any], draw: Any) -> None:
    """Do one harm to an event, or none at all."""
    container = draw(st.sampled_from(containers(event)))
    keys = list(container) if isinstance(container, dict) else list(range(len(container)))
    action = draw(st.sampled_from(["replace", "drop", "add", "affix", "copy"]))
    if action == "add" and isinstance(container, dict):
        container[draw(st.sampled_from(NAMES))] = draw(NASTY)
    elif action == "add":
        container.append(draw(NASTY))
    elif keys:
        key = draw(st.sampled_from(keys))
        if action == "replace":
            container[key] = draw(NASTY)
        elif action == "drop":
            del container[key]
        elif action == "copy":
            container[key] = unshared(draw(st.sampled_from(containers(event))))
        elif isinstance(container[key], str):
            affix = draw(st.sampled_from(AFFIXES))
            container[key] = draw(st.sampled_from([container[key] + affix, affix + container[key]]))


@st.composite
def mutants(draw: Any, event_type: str) -> dict[str, Any]:
    event = example(event_type)
    for _ in range(draw(st.integers(1, 3))):
        mutate(event, draw)
    return event


@pytest.mark.parametrize("event_type", ALL)
@settings(
    max_examples=40, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(data=st.data())
def test_both_paths_agree_on_every_mutant(event_type: str, data: st.DataObject) -> None:
    event = data.draw(mutants(event_type))
    assert accepts(event) is (next(faults(event), None) is None)


def test_both_paths_agree_on_every_nasty_value_in_every_kind_of_field() -> None:
    seen: set[str] = set()
    for event_type in ALL:
        schema = inlined(event_type)
        for path in list(paths(example(event_type))):
            kind = kind_of_field(schema, path)
            if kind not in seen:
                seen.add(kind)
                compare_at(event_type, path)


def kind_of_field(schema: dict[str, Any], path: tuple[Any, ...]) -> str:
    """What the JSON Schema asks of the value at a path: fields that are asked the same need one look."""
    for key in path:
        schema = (
            schema.get("items", {}) if isinstance(key, int) else schema.get("properties", {}).get(key, {})
        )
    alike = ("description", "enum", "properties", "required")
    return json.dumps({keyword: asked for keyword, asked in schema.items() if keyword not in alike})


def compare_at(event_type: str, path: tuple[Any, ...]) -> None:
    event = example(event_type)
    container: Any = event
    for key in path[:-1]:
        container = container[key]
    for value in [*STRINGS, *NUMBERS, *OTHERS]:
        container[path[-1]] = value
        assert accepts(event) is (next(faults(event), None) is None), (event_type, path, value)


def paths(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where each value below an object or array stands."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in inside:
        yield (*above, key)
        yield from paths(inner, (*above, key))
