"""Tables out of files: CSV, or columns between blanks without a header, as in CDNOW's master file."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

#: What a file without a header has, by the number of its columns.
BARE = {3: ("customer", "date", "amount"), 4: ("customer", "date", "quantity", "amount")}


class Unreadable(Exception):
    """A file is not what it should be; the message names line and column."""


def read_table(path: Path) -> tuple[Sequence[str], Iterator[tuple[int, Sequence[str]]]]:
    """Return the names of the columns, and the lines with their numbers.

    Raises:
        Unreadable: there is nothing in it, or no header where one is needed.
        OSError: it cannot be read.
    """
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip("\x1a \t")]
    if not lines:
        raise Unreadable(f"{path}: empty")
    first = lines[0][1]
    separator = max(",;\t|", key=first.count)
    if not first.count(separator):
        rows = ((number, line.split()) for number, line in lines)
        return _headed(path, list(rows))
    parsed = csv.reader((line for _, line in lines), delimiter=separator)
    return _headed(path, list(zip((number for number, _ in lines), parsed, strict=False)))


def _headed(
    path: Path, rows: list[tuple[int, list[str]]]
) -> tuple[Sequence[str], Iterator[tuple[int, Sequence[str]]]]:
    first = rows[0][1]
    # A header has no numbers in it.
    if not any(any(sign.isdigit() for sign in cell) and _is_number(cell) for cell in first):
        return [cell.strip() for cell in first], iter(rows[1:])
    if len(first) not in BARE:
        raise Unreadable(f"{path}: no header, and {len(first)} columns; without one there are three or four")
    return BARE[len(first)], iter(rows)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
