"""YAML that remembers its lines, for files that people edit and that are to be told what is wrong where.

Every scalar is read as the text that stands there. YAML's own reading would make binary floats of decimals,
8 of 010 and false of the Norwegian NO. Whoever needs JSON's types asks for `typed`: then what stands there
without quotes is a whole number, `true`, `false` or `null` if it looks exactly like one in JSON.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

#: What a file may hold: characters, and values counted wherever an alias brings them in once more.
LONGEST = 200_000
MOST_VALUES = 20_000
#: Levels; PyYAML takes seconds to see for itself that there are too many.
DEEPEST = 60
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
        BrokenFile: it cannot be read, is no UTF-8 or no YAML, is too large, or names a thing twice.
    """
    return parse_marked(_read_text(path))


def parse_marked(text: str, *, typed: bool = False) -> Marked:
    """Read what a file holds.

    Raises:
        BrokenFile: it is no YAML, is too large, or names a thing twice.
    """
    if len(text) > LONGEST:
        raise BrokenFile(f"is too long: {LONGEST:,} characters are the most")
    try:
        root = yaml.compose(text, Loader=_Shallow)
        reader = _Reader(typed)
        return Marked(reader.plain(root, ()) if root else "", reader.lines)
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


class _Shallow(yaml.BaseLoader):
    """Reads what is nested as deeply as people write."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise RecursionError
        node: yaml.Node | None = super().compose_node(parent, index)
        self._depth -= 1
        return node


class _Reader:
    """Makes plain values of nodes, and remembers where each stood."""

    def __init__(self, typed: bool) -> None:
        self.lines: dict[Place, int] = {(): 1}
        self._typed = typed
        self._left = MOST_VALUES

    def plain(self, node: yaml.Node, place: Place) -> Any:
        line = node.start_mark.line + 1
        self.lines.setdefault(place, line)
        self._left -= 1
        if self._left < 0:
            raise BrokenFile(f"holds too much: {MOST_VALUES:,} values are the most", line)
        if isinstance(node, yaml.SequenceNode):
            return [self.plain(item, (*place, at)) for at, item in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        bare = isinstance(node, yaml.ScalarNode) and node.style is None
        return _scalar(node.value) if self._typed and bare else node.value

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise BrokenFile("expected a text for a name", line)
            if key.value in found:
                raise BrokenFile(f"{key.value!r} is there already", line)
            self.lines[(*place, key.value)] = line
            found[key.value] = self.plain(value, (*place, key.value))
        return found


def _scalar(text: str) -> Any:
    if re.fullmatch("-?(0|[1-9][0-9]{0,14})", text):
        return int(text)
    return {"true": True, "false": False, "null": None}.get(text, text)
