"""Showing the figures: on the terminal, and in the documentation."""

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.grids import Grid, grids

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
BEGIN, END = "<!-- figures: written by make bench ARGS=--document -->", "<!-- end of figures -->"


def show(results: dict[str, Any], console: Console) -> None:
    """Print whatever was measured."""
    for grid in grids(results):
        table = Table(title=grid.title)
        for heading in grid.headings:
            table.add_column(heading, justify="right" if table.columns else "left")
        for row in grid.rows:
            table.add_row(*row)
        console.print(table)
    console.print(_circumstances(results["machine"]))


def write(results: dict[str, Any]) -> None:
    """Put the figures, dated, into docs/benchmarks.md."""
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    figures = "\n\n".join([_circumstances(results["machine"]), *map(_markdown, grids(results))])
    DOCUMENT.write_text(f"{before}{BEGIN}\n\n{figures}\n\n{END}{after}", encoding="utf-8")


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
