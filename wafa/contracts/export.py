"""The documents that are generated from the schemas, and whether those on disk are current."""

import functools
import json
from collections.abc import Mapping
from pathlib import Path

from wafa.contracts import asyncapi, guide
from wafa.contracts.catalogue import ALL
from wafa.contracts.jsonschema import json_schema

_SCHEMAS = "schemas"


@functools.cache
def documents() -> Mapping[str, str]:
    """Return the text of each generated document by its path within the folder."""
    schemas = {f"{_SCHEMAS}/{name}.json": json.dumps(json_schema(name), indent=2) + "\n" for name in ALL}
    return {"events.md": guide.text(), "asyncapi.yaml": asyncapi.text(), **schemas}


def write_all(folder: Path) -> list[Path]:
    """Write every document below `folder`, drop schemas of types that are gone, return the paths touched."""
    touched = stale(folder)
    (folder / _SCHEMAS).mkdir(parents=True, exist_ok=True)
    for name, text in documents().items():
        (folder / name).write_text(text, "utf-8")
    for path in _left_over(folder):
        path.unlink()
    return touched


def stale(folder: Path) -> list[Path]:
    """Return the documents below `folder` that are missing, out of date, or of a type that is gone."""
    return [
        *(folder / name for name, text in documents().items() if _read(folder / name) != text),
        *_left_over(folder),
    ]


def _left_over(folder: Path) -> list[Path]:
    known = {folder / name for name in documents()}
    return sorted(path for path in (folder / _SCHEMAS).glob("*.json") if path not in known)


def _read(path: Path) -> str | None:
    return path.read_text("utf-8") if path.exists() else None
