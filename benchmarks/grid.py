"""A table of figures, for whatever shows it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; the first column is a name, all others are figures."""

    title: str
    headings: tuple[str, ...]
    rows: list[tuple[str, ...]]


def memory(title: str, processes: dict[str, Any]) -> Grid:
    """Return the memory of processes."""
    rows = [(name, f"{held['rss']:.0f}", f"{held['peak']:.0f}") for name, held in processes.items()]
    return Grid(title, ("", "MiB", "peak"), rows)
