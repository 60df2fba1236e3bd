"""Tables out of files: CSV, or columns between blanks without a header, as in CDNOW's master file."""

import csv
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Sequence
from pathlib import Path

#: What a file without a header has, by the number of its columns.
BARE = {3: ("customer", "date", "amount"), 4: ("customer", "date", "quantity", "amount")}

_LINE_ENDS = re.compile(r"\r\n|\r|\n")
# Old tables end with the first of them.
_BLANK = "\x1a \t"


class Unreadable(Exception):
    """A file is not what it should be; the message names line and column."""


def read_table(path: Path) -> tuple[Sequence[str], Iterator[tuple[int, Sequence[str]]]]:
    """Return the names of the columns, and the lines with their numbers.

    Raises:
        Unreadable: there is nothing in it, or no header where one is needed.
        OSError: it cannot be read.
    """
    # Only what ends a line in a text: a form feed within a cell is part of it.
    lines = _LINE_ENDS.split(_text(path))
    first = next((line for line in lines if line.strip(_BLANK)), "")
    separator = max(",;\t|", key=first.count)
    rows = _parsed(path, lines, separator if separator in first else None)
    if not rows:
        raise Unreadable(f"{path}: empty")
    return _headed(path, rows)


def _text(path: Path) -> str:
    raw = path.read_bytes()
    if raw.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return raw.decode("utf-16", "replace")
    if b"\0" in raw:
        raise Unreadable(f"{path}: a text such as CSV was expected, and this is none")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _parsed(path: Path, lines: Sequence[str], separator: str | None) -> list[tuple[int, list[str]]]:
    """Return the cells of each line with its number, that of the last one where a cell has several."""
    if separator is None:
        return [(number, line.split()) for number, line in enumerate(lines, 1) if line.strip(_BLANK)]
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=separator)
    try:
        return [(reader.line_num, row) for row in reader if "".join(row).strip(_BLANK)]
    except csv.Error as error:
        raise Unreadable(f"{path}, line {reader.line_num}: {error}") from error


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
