"""YAML that remembers its lines, for files that people edit and that are to be told what is wrong where.

Every scalar is read as the text that stands there. YAML's own reading would make binary floats of decimals,
8 of 010 and false of the Norwegian NO.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

#: Where something is: keys and positions from the root on.
Place = tuple[str | int, ...]


class BrokenFile(Exception):
    """The file is not there or is no YAML; `line` is where it breaks, if it is there."""

    def __init__(self, message: str, line: int | None = None) -> None:
        """Say what is wrong."""
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Marked:
    """What a file holds, as dicts, lists and texts; an empty file holds the empty text."""

    content: Any
    lines: Mapping[Place, int]

    def line(self, place: Place) -> int:
        """Return the line of a place, or of the nearest around it that is in the file."""
        while place not in self.lines:
            place = place[:-1]
        return self.lines[place]


def read_marked(path: Path) -> Marked:
    """Read a file.

    Raises:
        BrokenFile: it cannot be read, is no UTF-8 or no YAML, or names a thing twice.
    """
    text = _read_text(path)
    lines: dict[Place, int] = {(): 1}
    try:
        root = yaml.compose(text, Loader=yaml.BaseLoader)
        return Marked(_plain(root, (), lines) if root else "", lines)
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        raise BrokenFile("expected no control characters", line) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        words = ", ".join(filter(None, (error.context, error.problem)))
        raise BrokenFile(f"is no YAML: {words}", mark.line + 1 if mark else None) from None
    except RecursionError:
        raise BrokenFile("is nested too deeply, or refers to itself") from None


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise BrokenFile(f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise BrokenFile("expected text in UTF-8", line) from None


def _plain(node: yaml.Node, place: Place, lines: dict[Place, int]) -> Any:
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*place, at), lines) for at, item in enumerate(node.value)]
    if not isinstance(node, yaml.MappingNode):
        return node.value
    found: dict[str, Any] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise BrokenFile("expected a text for a name", line)
        if key.value in found:
            raise BrokenFile(f"{key.value!r} is there already", line)
        lines[(*place, key.value)] = line
        found[key.value] = _plain(value, (*place, key.value), lines)
    return found
