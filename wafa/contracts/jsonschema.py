"""JSON Schema 2020-12 from the marshmallow schemas, which stay the one source of truth."""

import copy
import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter

from wafa.contracts.catalogue import ALL
from wafa.contracts.cloudevent import CloudEvent, event_schema
from wafa.contracts.reference import InboundData

JsonSchema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
COMPONENTS = "#/components/schemas/"


class _Converter(OpenAPIConverter):
    """Adds the rules of a schema that span fields, and its docstring."""

    def schema2jsonschema(self, schema: Any) -> JsonSchema:
        """Return the JSON Schema of one marshmallow schema."""
        generated: JsonSchema = {"type": "object", "description": inspect.cleandoc(schema.__doc__ or "")}
        generated |= super().schema2jsonschema(schema)  # type: ignore[no-untyped-call]
        return generated | copy.deepcopy(dict(schema.rules))


class _Plugin(MarshmallowPlugin):
    Converter = _Converter


@functools.cache
def components() -> Mapping[str, JsonSchema]:
    """Return all schemas by name: `PurchaseCompleted` is the data, `PurchaseCompletedEvent` the whole event.

    They refer to each other by `#/components/schemas/<name>`.
    """
    plugin = _Plugin(schema_name_resolver=lambda schema: type(schema).__name__)
    spec = APISpec(title="Wafa", version="1", openapi_version="3.1.0", plugins=[plugin])
    for shared in (CloudEvent, InboundData):
        spec.components.schema(shared.__name__, schema=shared)
    for event_type, data in ALL.items():
        schema = event_schema(event_type, data)
        spec.components.schema(schema.__name__, schema=schema)
    found: Mapping[str, JsonSchema] = spec.to_dict()["components"]["schemas"]
    return found


def event_name(event_type: str) -> str:
    """Return the name under which `components` has the whole event of a type."""
    return f"{ALL[event_type].__name__}Event"


def json_schema(event_type: str) -> JsonSchema:
    """Return the self-contained JSON Schema of one event type, envelope included."""
    used: dict[str, JsonSchema] = {}
    event = _with_refs(components()[event_name(event_type)], lambda name: _defined(name, used))
    return {
        "$schema": DIALECT,
        "$id": f"urn:wafa:schema:{event_type}",
        "title": event_type,
        **event,
        "$defs": dict(sorted(used.items())),
    }


def inlined(event_type: str) -> JsonSchema:
    """Return the JSON Schema of one event type without any references."""
    return _inlined(event_name(event_type))


def _inlined(name: str) -> JsonSchema:
    schema: JsonSchema = _with_refs(components()[name], _inlined)
    return schema


def _defined(name: str, used: dict[str, JsonSchema]) -> JsonSchema:
    if name not in used:
        used[name] = {}  # its place, in case that it is met again inside
        used[name] = _with_refs(components()[name], lambda inner: _defined(inner, used))
    return {"$ref": f"#/$defs/{name}"}


def _with_refs(node: Any, replace: Callable[[str], JsonSchema]) -> Any:
    """Return a copy of `node` in which each reference is replaced by what `replace` says for its name."""
    if isinstance(node, list):
        return [_with_refs(item, replace) for item in node]
    if not isinstance(node, dict):
        return node
    copied = {key: _with_refs(value, replace) for key, value in node.items() if key != "$ref"}
    if "$ref" in node:
        return replace(node["$ref"].removeprefix(COMPONENTS)) | copied
    return copied
