"""Events from a file or a pipe, as they come."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedIOBase
from typing import Any

import msgspec

BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Read:
    """Something that should be an event, and where it stood.

    What is no JSON has the bytes in `broken` and the reason in `content`.
    """

    place: str
    content: Any
    broken: bytes | None = None


def read_as_it_comes(file: BufferedIOBase) -> Iterator[list[Read]]:
    """Yield what can be read at the moment, together; waits only while there is nothing.

    While the caller works on that, more comes: the lists are short when little happens, and some `BLOCK`
    bytes long when a lot does. The content is a JSON value a line (of an array, the elements are the events),
    or one array that stretches over many lines.
    """
    number, line = _first_line(file)
    first = _read(number, line)
    if line.lstrip().startswith(b"[") and first and first[0].broken is not None:
        first = _read(number, line + file.read())
    yield first
    rest = b""
    while block := file.read1(BLOCK):
        *lines, rest = (rest + block).split(b"\n")
        yield [one for place, line in enumerate(lines, number + 1) for one in _read(place, line)]
        number += len(lines)
    yield _read(number + 1, rest)


def _first_line(file: BufferedIOBase) -> tuple[int, bytes]:
    number = 1
    while (line := file.readline()) and not line.strip():
        number += 1
    return number, line


def _read(number: int, line: bytes) -> list[Read]:
    line = line.strip()
    if not line:
        return []
    try:
        content = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return [Read(f"line {number}", str(error), line)]
    if not isinstance(content, list):
        return [Read(f"line {number}", content)]
    return [Read(f"line {number}, event {place}", event) for place, event in enumerate(content, start=1)]
