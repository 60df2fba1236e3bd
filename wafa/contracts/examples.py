"""One realistic event of every type, for documentation, tests and first steps."""

import functools
import json
from importlib.resources import files
from typing import Any

from wafa.contracts.catalogue import ALL


@functools.cache
def _texts() -> dict[str, str]:
    folder = files("wafa.contracts") / "examples"
    return {event_type: (folder / f"{event_type}.json").read_text("utf-8") for event_type in ALL}


def example(event_type: str) -> dict[str, Any]:
    """Return a fresh copy of the example of one type."""
    event: dict[str, Any] = json.loads(_texts()[event_type])
    return event


def examples() -> dict[str, dict[str, Any]]:
    """Return a fresh copy of each example by event type."""
    return {event_type: example(event_type) for event_type in ALL}
