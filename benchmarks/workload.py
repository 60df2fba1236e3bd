"""The purchases that all work on: the CDNOW sample again and again, each time with other customers."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from wafa.cli.history import Line, purchases, read_history
from wafa.contracts.envelope import Event, make_event

FILE = Path(__file__).resolve().parents[1] / "examples" / "data" / "cdnow.csv"
NAME = "bench"
TYPE = "purchase.completed.v1"


class Expected:
    """What must have come of the purchases that were added, in whatever order they were worked on."""

    def __init__(self) -> None:
        self.events = 0
        self.cents = 0
        self._days: dict[str, set[str]] = defaultdict(set)

    def add(self, events: Iterable[Event]) -> None:
        """Add purchases."""
        for event in events:
            self.events += 1
            self.cents += cents(event["data"])
            self._days[customer_of(event)].add(event["time"][:10])

    @property
    def customers(self) -> list[str]:
        """The customers who bought, in the order of their first purchase."""
        return list(self._days)

    @property
    def repeat(self) -> int:
        """The number of customers who bought on two different days."""
        return sum(len(bought_on) > 1 for bought_on in self._days.values())


@cache
def sample() -> tuple[Line, ...]:
    """Return the 6,919 purchases of the file, in the order of time."""
    return tuple(sorted(read_history(FILE), key=_by_date))


def in_order_of_time(number: int) -> list[Event]:
    """Return `number` purchases: the first, by date, of as many copies of the file as it takes."""
    copies = range(-(-number // len(sample())))
    lines = [line for copy in copies for line in _copy(copy)]
    return _events(sorted(lines, key=_by_date)[:number])


def copy_of_the_file(copy: int) -> list[Event]:
    """Return the purchases of one copy, in order of time; its last day is yesterday."""
    return _events(_copy(copy))


def comebacks(customers: Sequence[str], number: int, turn: int) -> Iterator[Event]:
    """Yield `number` purchases of today by customers all over the list; `turn` is when in the day."""
    midnight = datetime.combine(_today(), datetime.min.time(), UTC)
    step = max(1, len(customers) // number)
    for place in range(number):
        customer = customers[place * step % len(customers)]
        moment = midnight + timedelta(seconds=turn, milliseconds=place // len(customers))
        yield _comeback(customer, f"{turn}-{place}", moment)


def customer_of(event: Event) -> str:
    """Return the number by which the shop knows the customer."""
    number: str = event["data"]["customer"]["external_ids"][0]["id"]
    return number


def cents(data: Mapping[str, Any]) -> int:
    """Return the money of a purchase in cents."""
    return int(data["total"]["amount"].replace(".", ""))


def _by_date(line: Line) -> tuple[date, int]:
    return line.date, line.number


def _copy(copy: int) -> list[Line]:
    lines = sample()
    return [
        replace(line, number=copy * len(lines) + line.number, customer=f"{copy:03}-{line.customer}")
        for line in lines
    ]


def _events(lines: Sequence[Line]) -> list[Event]:
    return list(purchases([*lines], name=NAME, currency="USD", until=_today() - timedelta(days=1)))


def _comeback(customer: str, receipt: str, moment: datetime) -> Event:
    number = f"{NAME}-today-{receipt}"
    data = {
        "purchase_id": number,
        "total": {"amount": "19.99", "currency": "USD"},
        "channel": "store",
        "customer": {"external_ids": [{"system": NAME, "id": customer}]},
    }
    return make_event(TYPE, source=f"/history/{NAME}", id=number, time=moment, data=data)


@cache
def _today() -> date:
    """Stay on the day on which the benchmark was begun."""
    return datetime.now(UTC).date()
