"""Showing the figures: on the terminal, and in the documentation."""

from itertools import chain
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.grids import Grid, grids

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
BEGIN, END = "<!-- figures of {}: written by make bench ARGS=--document -->", "<!-- end of figures of {} -->"


def show(results: dict[str, Any], console: Console) -> None:
    """Print whatever was measured."""
    for grid in chain.from_iterable(grids(results).values()):
        table = Table(title=grid.title)
        for heading in grid.headings:
            table.add_column(heading, justify="right" if table.columns else "left")
        for row in grid.rows:
            table.add_row(*row)
        console.print(table)
    console.print(_circumstances(results["machine"]))


def write(results: dict[str, Any], document: Path = DOCUMENT) -> None:
    """Put the figures, dated, into docs/benchmarks.md; those of other measurements stay as they are.

    Raises:
        ValueError: the document has no place for a measurement.
    """
    text = document.read_text(encoding="utf-8")
    for name, found in grids(results).items():
        begin, end = BEGIN.format(name), END.format(name)
        before, begins, rest = text.partition(begin)
        _, ends, after = rest.partition(end)
        if not (begins and ends):
            raise ValueError(f"{document} has no lines {begin} and {end}")
        figures = "\n\n".join([_circumstances(results["machine"]), *map(_markdown, found)])
        text = f"{before}{begin}\n\n{figures}\n\n{end}{after}"
    document.write_text(text, encoding="utf-8")


def _markdown(grid: Grid) -> str:
    rule = "|".join(["---", *["---:"] * (len(grid.headings) - 1)])
    rows = "\n".join(f"| {' | '.join(row)} |" for row in grid.rows)
    return f"**{grid.title}**\n\n| {' | '.join(grid.headings)} |\n|{rule}|\n{rows}"


def _circumstances(machine: dict[str, Any]) -> str:
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    hardware = f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB"
    software = f"Python {machine['python']}, {machine['broker']}, {machine['database']}; {packages}"
    load = f"load average just before {machine['load_average_before']:.2f}"
    return f"Taken {machine['at']} at commit {machine['commit']}. {hardware}; {load}. {software}."
