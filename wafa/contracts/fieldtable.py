"""Markdown tables of the fields of an object, from its JSON Schema."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from wafa.contracts.jsonschema import COMPONENTS, JsonSchema, components

#: Objects that have a section of their own on the page, and what they are called there.
LINKED = {"CustomerReference": "customer", "Money": "money", "Balance": "money"}
#: An enumeration with more words than this is described and not listed.
MOST_WORDS = 12


class Row(NamedTuple):
    """One field: its path within the object, its type, whether it must be there, and what it means."""

    path: str
    type: str
    required: bool
    meaning: str


def field_table(schema: JsonSchema, known: Mapping[str, Any] | None = None) -> str:
    """Return a table of the fields that are not `known` already; empty when there are none."""
    rows = list(_rows(schema, known or {}))
    if not rows:
        return ""
    lines = [
        f"| `{row.path}` | {row.type} | {'yes' if row.required else ''} | {row.meaning} |" for row in rows
    ]
    return "\n".join(["| field | type | required | |", "|---|---|---|---|", *lines, ""])


def _rows(schema: JsonSchema, known: Mapping[str, Any], above: str = "") -> Iterator[Row]:
    for name, field in schema["properties"].items():
        if known.get(name) == field:
            continue
        path = f"{above}{name}"
        inner = _resolved(field.get("items", field))
        meaning = field.get("description") or inner.get("description", "")
        yield Row(path, _type(field), name in schema.get("required", ()), meaning)
        if "properties" in inner and _name(field.get("items", field)) not in LINKED:
            yield from _rows(inner, {}, f"{path}[]." if "items" in field else f"{path}.")


def _type(field: JsonSchema) -> str:
    if "items" in field:
        least = f"{field['minItems']} to " if field.get("minItems") else "up to "
        return f"array of {least}{field['maxItems']}: {_type(field['items'])}"
    if "$ref" in field:
        section = LINKED.get(_name(field))
        return f"[{section}](#{section})" if section else "object"
    if "enum" in field:
        return _words(field["enum"])
    if field.get("format") == "date-time":
        return "time"
    if field["type"] == "string":
        return f"string of {field['minLength']} to {field['maxLength']}"
    if "minimum" in field:
        kind = "whole number" if field["type"] == "integer" else "number"
        return f"{kind}, {field['minimum']} to {field['maximum']}"
    return str(field["type"])


def _words(words: list[str]) -> str:
    if len(words) > MOST_WORDS:
        return f"one of {len(words)} codes"
    return " or ".join(f"`{word}`" for word in words)


def _name(field: JsonSchema) -> str:
    return str(field.get("$ref", "")).removeprefix(COMPONENTS)


def _resolved(field: JsonSchema) -> JsonSchema:
    return components()[_name(field)] if "$ref" in field else field
