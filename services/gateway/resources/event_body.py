"""What a request that publishes events looks like, for the documentation.

The schemas are those of the contract. Here their names begin with `inbound.`: others of the gateway's own
answers are called Money or Customer too.
"""

import json
import re
from collections.abc import Iterable
from typing import Any

from apispec import APISpec

from wafa.contracts.catalogue import INBOUND
from wafa.contracts.envelope import BATCH, MAX_BATCH_EVENTS, STRUCTURED
from wafa.contracts.examples import example
from wafa.contracts.jsonschema import COMPONENTS, components, event_name

PREFIX = "inbound."
ANY = f"{PREFIX}Event"

_EVENT: dict[str, Any] = {"$ref": f"{COMPONENTS}{ANY}"}
_EVENTS: dict[str, Any] = {"type": "array", "minItems": 1, "maxItems": MAX_BATCH_EVENTS, "items": _EVENT}
_ONE = {name: {"value": example(name)} for name in INBOUND}
_MIXED = {"several, of any types": {"value": [example(name) for name in list(INBOUND)[:2]]}}

BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {"schema": {"anyOf": [_EVENT, _EVENTS]}, "examples": _ONE | _MIXED},
        STRUCTURED: {"schema": _EVENT},
        BATCH: {"schema": _EVENTS},
    },
}


def describe_events(spec: APISpec) -> None:
    """Add the schemas of all events that may be published to a document."""
    names = {kind: event_name(kind) for kind in INBOUND}
    for name in _used(names.values()):
        spec.components.schema(PREFIX + name, json.loads(_renamed(json.dumps(components()[name]))))
    references = {kind: f"{COMPONENTS}{PREFIX}{name}" for kind, name in names.items()}
    every = [{"$ref": one} for one in references.values()]
    discriminator = {"propertyName": "type", "mapping": references}
    spec.components.schema(ANY, {"oneOf": every, "discriminator": discriminator})


def _renamed(schema: str) -> str:
    return schema.replace(f'"{COMPONENTS}', f'"{COMPONENTS}{PREFIX}')


def _used(names: Iterable[str]) -> list[str]:
    """Return these names and those of all schemas that they are made of, in alphabetical order."""
    found: set[str] = set()
    wanted = {*names}
    while wanted:
        found |= wanted
        texts = (json.dumps(components()[name]) for name in wanted)
        wanted = {inner for text in texts for inner in re.findall(rf'"{COMPONENTS}(\w+)"', text)} - found
    return sorted(found)
