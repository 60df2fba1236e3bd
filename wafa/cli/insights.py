"""`wafa insights`: who comes back, by month, by cohort and by tier."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from wafa.cli.insight_figures import figures
from wafa.cli.output import as_json, notes, paper, print_json
from wafa.cli.system import client
from wafa.runtime.client import Client

#: Months of a table for people; JSON has all of them.
LATEST = 12


@click.command()
@click.option(
    "--png",
    type=click.Path(file_okay=False, exists=True, writable=True, path_type=Path),
    metavar="DIR",
    help="Draw retention.png, months.png and tiers.png into this folder.",
)
@as_json
def insights(png: Path | None, as_json: bool) -> None:
    """Show retention and churn by month and cohort, repeat rate, intervals, and value by tier.

    docs/insights.md says what each figure is. Months are those of UTC; the one that is running is not over.

    \b
    Examples:
      wafa insights
      wafa insights --png plots
      wafa insights --json
    """
    draw = _drawing() if png else None
    with client() as services:
        found = figures(pages(services))
    if as_json:
        print_json(found)
    else:
        show(found, paper())
    if png and draw:
        try:
            drawn = draw(found, png)
        except OSError as error:
            raise click.BadParameter(f"{png}: {error.strerror}", param_hint="--png") from error
        notes().print(f"drawn into {', '.join(map(str, drawn))}", soft_wrap=True)


def pages(services: Client) -> Iterator[dict[str, Any]]:
    """Yield the sums of all members, page by page."""
    after = None
    while True:
        page = services.call("loyalty", "insights", after=after)
        yield page
        after = page["next"]
        if after is None:
            return


def show(found: dict[str, Any], console: Console) -> None:
    """Print the figures for people."""
    console.print(
        f"{found['members']:,} members, {found['buyers']:,} have bought; {found['repeat']:,} of them on two "
        f"days or more ({_percent(found['repeat_rate'])})"
    )
    if found["intervals"]:
        median, mean = found["median_interval_days"], found["mean_interval_days"]
        console.print(
            f"between purchases: median {median:g} days, mean {mean:.1f}, {found['intervals']:,} in all"
        )
    if found["standings"]:
        told = (f"{number:,} {name.replace('_', ' ')}" for name, number in found["standings"].items())
        console.print(", ".join(told))
    console.print(_months(found["months"][-LATEST:]), _cohorts(found["cohorts"][-LATEST:]), _tiers(found))


def _months(rows: list[dict[str, Any]]) -> Table:
    table = _table("month", "active", "new", "stayed", "back", "left", "retention", "churn")
    for row in rows:
        counts = [f"{row[name]:,}" for name in ("active", "new", "stayed", "back")]
        counts.append(f"{row['left']:,}" if row["complete"] else "")
        running = "" if row["complete"] else " (running)"
        table.add_row(row["month"] + running, *counts, _percent(row["retention"]), _percent(row["churn"]))
    return table


def _cohorts(rows: list[dict[str, Any]]) -> Table:
    table = _table("first bought", "members", *(f"+{month}" for month in (1, 2, 3, 6, 12)), "spend each")
    for row in rows:
        rates = row["retention"]
        later = (_percent(rates[month]) if month < len(rates) else "" for month in (1, 2, 3, 6, 12))
        table.add_row(row["cohort"], f"{row['members']:,}", *later, row["spend_per_member"])
    return table


def _tiers(found: dict[str, Any]) -> Table:
    table = _table("tier", "members", f"spend {found['currency']}", "each")
    for row in found["tiers"]:
        table.add_row(row["tier"], f"{row['members']:,}", row["spend"], row["spend_per_member"])
    return table


def _table(first: str, *others: str) -> Table:
    table = Table(box=None)
    table.add_column(first, no_wrap=True)
    for heading in others:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _percent(rate: float | None) -> str:
    return "" if rate is None else f"{rate:.1%}"


def _drawing() -> Callable[[dict[str, Any], Path], list[Path]]:
    # A second and 70 MB that only a picture is worth, and a package that only pictures need.
    try:
        from wafa.cli.insight_charts import draw
    except ModuleNotFoundError as error:
        raise click.UsageError(
            f"--png: {error.name} is not installed. It comes with requirements-plots.txt."
        ) from error
    return draw
