"""One realistic event of every type, for documentation, tests and first steps."""

import functools
import json
from importlib.resources import files
from typing import Any

from wafa.contracts.catalogue import ALL


@functools.cache
def example_text(event_type: str) -> str:
    """Return the example of one type as JSON, laid out to be read."""
    return (files("wafa.contracts") / "examples" / f"{event_type}.json").read_text("utf-8")


def example(event_type: str) -> dict[str, Any]:
    """Return a fresh copy of the example of one type."""
    event: dict[str, Any] = json.loads(example_text(event_type))
    return event


def examples() -> dict[str, dict[str, Any]]:
    """Return a fresh copy of each example by event type."""
    return {event_type: example(event_type) for event_type in ALL}
