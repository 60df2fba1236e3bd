"""What may stand in the fields that the contract does not know: only what can be stored and sent on.

Unknown fields are none of the contract's business, but they travel with the event. MongoDB holds integers of
64 bits and a limited depth, and a NUL in a field name breaks it; UTF-8 has no lone surrogates. The rule is
written twice: as JSON Schema for the fast path, and as a walk that finds the place for the message.
"""

import math
from collections.abc import Iterator
from typing import Any

from wafa.contracts.errors import Problem
from wafa.contracts.validators import NO_NUL, kind_of

#: An event is level 1, its `data` level 2; a container on a deeper level than this is refused.
DEEPEST = 32
#: For what Wafa publishes itself: an event that is recorded comes to stand one level deeper.
DEEPEST_OUTBOUND = DEEPEST + 1
_BEYOND = 2**63

_LEAF: dict[str, Any] = {"exclusiveMinimum": -_BEYOND, "exclusiveMaximum": _BEYOND, "pattern": NO_NUL}
# `propertyNames` would say it better and doubles the time of the whole validation.
_NO_NUL_IN_NAMES: dict[str, Any] = {r"\x00": False}


def guarded(schema: dict[str, Any], deepest: int = DEEPEST) -> dict[str, Any]:
    """Return a reference-free JSON Schema of an object, closed against fields that cannot be stored."""
    any_values = {f"L{level}": _any_value(level, deepest) for level in range(2, deepest + 2)}
    return _guarded(schema, 1) | {"$defs": any_values}


def _guarded(schema: dict[str, Any], level: int) -> dict[str, Any]:
    if "items" in schema:
        return schema | {"items": _guarded(schema["items"], level + 1)}
    if schema.get("type") != "object":
        return schema
    fields = {name: _guarded(field, level + 1) for name, field in schema.get("properties", {}).items()}
    return schema | {
        "properties": fields,
        "patternProperties": _NO_NUL_IN_NAMES,
        "additionalProperties": {"$ref": f"#/$defs/L{level + 1}"},
    }


def _any_value(level: int, deepest: int) -> dict[str, Any]:
    if level > deepest:
        return _LEAF | {"type": ["string", "number", "boolean", "null"]}
    inside = {"$ref": f"#/$defs/L{level + 1}"}
    return _LEAF | {"items": inside, "patternProperties": _NO_NUL_IN_NAMES, "additionalProperties": inside}


def unstorable(event: object, deepest: int = DEEPEST) -> Iterator[Problem]:
    """Yield each place in an event that could not be stored or sent on."""
    todo: list[tuple[object, str, int]] = [(event, "", 1)]
    while todo:
        value, path, level = todo.pop()
        message = _what_is_wrong(value, level, deepest)
        if message is not None:
            yield Problem("invalid", path, message)
        elif isinstance(value, dict):
            bad = next((name for name in value if not _is_name(name)), None)
            if bad is not None:
                yield Problem("invalid", path, "has a field whose name is no text without NUL characters")
            todo += (
                (value[name], f"{path}.{name}".lstrip("."), level + 1) for name in value if _is_name(name)
            )
        elif isinstance(value, list | tuple):
            todo += ((item, f"{path}.{index}", level + 1) for index, item in enumerate(value))


def _what_is_wrong(value: object, level: int, deepest: int) -> str | None:
    if isinstance(value, str):
        return None if _is_name(value) else "must be text in UTF-8 without NUL characters"
    if isinstance(value, dict | list | tuple):
        return f"is nested deeper than {deepest} levels" if level > deepest else None
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        finite = isinstance(value, int) or math.isfinite(value)
        return "must be a number of at most 64 bits" if finite and abs(value) >= _BEYOND else None
    return f"must be JSON, not {kind_of(value)}"


def _is_name(text: object) -> bool:
    if not isinstance(text, str) or "\0" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
