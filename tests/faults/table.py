"""What the fault tests have measured, as a table for people.

The tests record it as properties of their reports, which reach whoever prints the summary from workers, too.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

#: Names of properties: `([row, ...], seconds)` of a course, and the figures of an outage.
CRASH_POINTS = "crash points"
OUTAGE = "outage"


@dataclass(frozen=True, slots=True)
class Row:
    """What came of dying at one step of a course."""

    course: str
    batch: int
    point: int
    step: str
    found: list[str]
    more_mails: int


@dataclass
class Table:
    """All rows, and how many seconds each course took."""

    rows: list[Row] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, recorded: Iterable[tuple[Sequence[dict[str, Any]], float]]) -> "Table":
        """Return the table of what was recorded as `CRASH_POINTS`."""
        table = cls()
        for rows, seconds in recorded:
            table.rows += [Row(**row) for row in rows]
            for course in {row["course"] for row in rows}:
                table.seconds[course] = table.seconds.get(course, 0) + seconds
        table.rows.sort(key=lambda row: (row.course, row.batch, row.point))
        return table

    def lines(self) -> Iterator[str]:
        for row in self.rows:
            outcome = "; ".join(row.found) or "nothing lost, nothing twice"
            again = f" ({row.more_mails} mails once more)" if row.more_mails else ""
            yield f"{row.course:28} batch {row.batch} step {row.point:3} {row.step:34} {outcome}{again}"

    def summary(self) -> Iterator[str]:
        for course, seconds in sorted(self.seconds.items()):
            rows = [row for row in self.rows if row.course == course]
            bad = sum(bool(row.found) for row in rows)
            yield f"{course:28} {len(rows):4} crash points, {bad} with a difference, {seconds:5.1f} s"
