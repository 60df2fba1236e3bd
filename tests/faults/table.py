"""The crash points of a session, as a table for people."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path


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

    def __bool__(self) -> bool:
        return bool(self.rows)

    def write(self, path: Path) -> None:
        self.path = path
        path.write_text("".join(f"{line}\n" for line in self.lines()))

    def lines(self) -> Iterator[str]:
        for row in self.rows:
            outcome = "; ".join(row.found) or "nothing lost, nothing twice"
            again = f" ({row.more_mails} mails once more)" if row.more_mails else ""
            yield f"{row.course:28} batch {row.batch} step {row.point:3} {row.step:34} {outcome}{again}"

    def summary(self) -> Iterator[str]:
        for course, seconds in self.seconds.items():
            rows = [row for row in self.rows if row.course == course]
            bad = sum(bool(row.found) for row in rows)
            yield f"{course:28} {len(rows):4} crash points, {bad} with a difference, {seconds:5.1f} s"
        yield f"{len(self.rows)} crash points; each step: {self.path}"


TABLE = Table()
