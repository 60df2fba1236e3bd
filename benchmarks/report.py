"""Showing the figures: on the terminal, and in the documentation."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import results as kept
from benchmarks.aims import aims
from benchmarks.grids import Grid, all_aims, grids, of_aims
from benchmarks.results import Results

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
#: What the page is made of, and its pictures.
FOLDER = DOCUMENT.with_suffix("")
FIGURES = FOLDER / "results.json"
BEGIN, END = "<!-- figures of {}: written by make bench ARGS=--document -->", "<!-- end of figures of {} -->"


def show(results: Results, console: Console) -> None:
    """Print whatever was measured."""
    for grid in chain.from_iterable(tables(results).values()):
        table = Table(title=grid.title)
        for heading in grid.headings:
            table.add_column(heading, justify="right" if table.columns else "left")
        for row in grid.rows:
            table.add_row(*row)
        console.print(table)
    for line in _machines(results):
        console.print(line)


def tables(results: Results) -> dict[str, list[Grid]]:
    """Return for each measurement its aims, then its figures."""
    wanted = {name: [of_aims(found)] for name, found in aims(results).items()}
    return {name: [*wanted.get(name, ()), *found] for name, found in grids(results).items()}


def document(results: Results, page: Path = DOCUMENT, figures: Path = FIGURES) -> None:
    """Put figures, dated, into the page and its pictures; those of other measurements stay as they are.

    Raises:
        ValueError: the page has no place for a measurement.
    """
    known = kept.load(figures) | results
    # Imported here: nobody else waits for matplotlib.
    from benchmarks.plots import draw

    pictures = draw(known, figures.parent)
    page.write_text(written(page.read_text(encoding="utf-8"), known, pictures, figures.parent.name), "utf-8")
    kept.save(known, figures)


def written(text: str, results: Results, pictures: dict[str, list[Path]], folder: str) -> str:
    """Return the page with the figures in their places."""
    for name, found in tables(results).items():
        one = results[name]
        shown = [f"![{_words(path)}]({folder}/{path.name})" for path in pictures.get(name, ())]
        text = _put(text, name, [_when(one), *shown, *map(_markdown, found)])
    if wanted := aims(results):
        text = _put(text, "aims", [_table(all_aims(wanted))])
    if results:
        text = _put(text, "machines", [*_machines(results)])
    return text


def _put(text: str, name: str, parts: list[str]) -> str:
    begin, end = BEGIN.format(name), END.format(name)
    before, begins, rest = text.partition(begin)
    _, ends, after = rest.partition(end)
    if not (begins and ends):
        raise ValueError(f"the page has no lines {begin} and {end}")
    figures = "\n\n".join(parts)
    return f"{before}{begin}\n\n{figures}\n\n{end}{after}"


def _markdown(grid: Grid) -> str:
    return f"**{grid.title}**\n\n{_table(grid)}"


def _table(grid: Grid) -> str:
    rule = "|".join("---:" if _is_figures(column) else "---" for column in zip(*grid.rows, strict=True))
    rows = "\n".join(f"| {' | '.join(row)} |" for row in grid.rows)
    return f"| {' | '.join(grid.headings)} |\n|{rule}|\n{rows}"


def _is_figures(column: tuple[str, ...]) -> bool:
    return all(cell[:1].isdigit() for cell in column if cell)


def _words(path: Path) -> str:
    return path.stem.replace("_", " ").capitalize()


def _when(one: dict[str, Any]) -> str:
    machine, minutes = one["machine"], one["took_seconds"] / 60
    load = f"load average just before {machine['load_average_before']:.2f}"
    return f"Taken {machine['at']} at commit {machine['commit']} in {minutes:.0f} minutes, {load}."


def _machines(results: Results) -> Iterator[str]:
    """Yield each machine with its software, and what was measured on it."""
    measured: dict[str, list[str]] = {}
    for name, one in results.items():
        measured.setdefault(_machine(one["machine"]), []).append(name)
    for machine, names in measured.items():
        yield f"{', '.join(names).capitalize()}: {machine}"


def _machine(machine: dict[str, Any]) -> str:
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    hardware = f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB"
    software = f"Python {machine['python']}, {machine['broker']}, {machine['database']}"
    return f"{hardware}; {machine['system']}; {software}; {packages}."
