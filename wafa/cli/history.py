"""A purchase history (CSV: customer, date, amount) -> the events that a shop would have published.

Everything in an event follows from its line and from `until`, so that the same file gives the same events,
and publishing it twice changes nothing.
"""

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

from wafa.cli.faults import CommandFault
from wafa.contracts.envelope import Event, make_event

PURCHASE = "purchase.completed.v1"


@dataclass(frozen=True, slots=True)
class Line:
    """One purchase of a history; `number` is its place in the file, from 1."""

    number: int
    customer: str
    date: date
    amount: Decimal


class HistoryError(CommandFault):
    """A history file cannot be read; the message names file, line and column."""


def read_history(path: Path) -> list[Line]:
    """Read a CSV file with the columns `customer`, `date` (ISO 8601) and `amount`; others are ignored.

    Raises:
        HistoryError: the file cannot be read, a column is missing, a value is wrong, or there is no purchase.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = csv.DictReader(file)
            missing = {"customer", "date", "amount"} - set(rows.fieldnames or ())
            if missing:
                raise HistoryError(
                    f"{path}: the first line must name the columns {', '.join(sorted(missing))}"
                )
            lines = [_line(path, number, row) for number, row in enumerate(rows, start=1)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise HistoryError(f"{path}: {error}") from error
    if not lines:
        raise HistoryError(f"{path}: there is no purchase in it")
    return lines


def _line(path: Path, number: int, row: dict[str, str]) -> Line:
    try:
        amount = Decimal(row["amount"])
        if not (row["customer"] and amount.is_finite()):
            raise ValueError("a customer and an amount are needed")
        return Line(number, row["customer"], date.fromisoformat(row["date"]), amount)
    except (ValueError, ArithmeticError, TypeError) as error:
        raise HistoryError(f"{path}, line {number + 1}: {error}") from error


def shifted(lines: list[Line], until: date | None) -> Iterator[tuple[Line, datetime]]:
    """Yield each line with its moment: whole days later, so that the last day of the file is `until`.

    Several purchases of a customer on one day are a second apart, from midnight UTC.
    """
    shift = timedelta(0) if until is None else until - max(line.date for line in lines)
    on_the_day: Counter[tuple[str, date]] = Counter()
    for line in lines:
        earlier = on_the_day[line.customer, line.date]
        on_the_day[line.customer, line.date] += 1
        yield line, datetime.combine(line.date + shift, time(), UTC) + timedelta(seconds=earlier)


def purchases(lines: list[Line], *, name: str, currency: str, until: date | None) -> Iterator[Event]:
    """Yield a `purchase.completed.v1` for each line, from the source `/history/<name>`."""
    for line, moment in shifted(lines, until):
        number = f"{name}-{line.number}"
        data = {
            "purchase_id": number,
            "total": {"amount": f"{line.amount:f}", "currency": currency},
            "channel": "web",
            "customer": {"external_ids": [{"system": name, "id": line.customer}]},
        }
        yield make_event(PURCHASE, source=f"/history/{name}", id=number, time=moment, data=data)
