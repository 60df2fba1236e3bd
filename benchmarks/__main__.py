"""`make bench`: measure, write the figures as JSON, show them as tables."""

import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console

from benchmarks import machine, report
from benchmarks import results as kept
from benchmarks.finish import WrongOutcome
from benchmarks.ground import Ground
from benchmarks.profiling import CannotProfile
from benchmarks.results import Results
from benchmarks.suite import QUICK, Extent, Suite
from wafa.cli.output import notes, progress
from wafa.stack import Stack, StackError, signals_interrupt

#: In this order: what takes longest is the last.
MEASUREMENTS = (
    "throughput", "latency", "replicas", "outreach", "front", "webhooks", "micro", "prediction", "growth"
)  # fmt: skip
PROFILE = ("profile",)
NAMES = click.Choice(MEASUREMENTS)
RESULTS = Path(__file__).parent / "results.json"


@click.command()
@click.option("--quick", is_flag=True, help="Small numbers: whether it works, not how fast it is.")
@click.option("--only", multiple=True, type=NAMES, help="Only this; may be given again.")
@click.option("--skip", multiple=True, type=NAMES, help="All but this; may be given again.")
@click.option("--upto", type=click.IntRange(10_000), help="Growth to so many interactions, not to a million.")
@click.option(
    "--profile", is_flag=True, help="Take profiles under load, nothing else (benchmarks/profiles/)."
)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), default=RESULTS, help="Where JSON goes."
)
@click.option("--document", is_flag=True, help="Also put the figures, dated, into docs/benchmarks.md.")
@click.option("--redraw", is_flag=True, help="Measure nothing: make the page anew from its own JSON.")
def main(
    quick: bool,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    upto: int | None,
    profile: bool,
    out: Path,
    document: bool,
    redraw: bool,
) -> None:
    """Measure Wafa on this machine; let nothing else run meanwhile."""
    if quick and document:
        raise click.UsageError("figures of a quick run are none to be documented")
    if redraw:
        report.document({})
        return
    if os.environ.pop("AMQP_URI", None):
        notes().print("AMQP_URI is passed over: the benchmark makes virtual hosts on a broker of its own")
    names = PROFILE if profile else tuple(one for one in only or MEASUREMENTS if one not in skip)
    try:
        results = _measure(_extent(quick, upto), names, out)
    except (WrongOutcome, StackError, CannotProfile) as error:
        click.echo(f"failed: {error}", err=True)
        sys.exit(1)
    report.show(results, Console())
    if document:
        report.document(results)
    notes().print(f"figures in {out}")


def _extent(quick: bool, upto: int | None) -> Extent:
    extent = QUICK if quick else Extent()
    if upto is None:
        return extent
    return replace(extent, sizes=(*(size for size in extent.sizes if size < upto), upto))


def _measure(extent: Extent, names: tuple[str, ...], out: Path) -> Results:
    """Take the measurements; what was taken is in the file even where a later one fails."""
    results: Results = {}
    with signals_interrupt(), tempfile.TemporaryDirectory(prefix="wafa-bench-") as temporary:
        folder = Path(temporary)
        with Stack(folder / "servers", services=[]) as stack, progress() as bar:
            ground = Ground(stack, folder)
            with ground.room("machine") as room:
                described = machine.describe(room)
            suite = Suite(ground, folder, extent, bar)
            for name in names:
                began = time.monotonic()
                figures = getattr(suite, name)()
                results[name] = kept.entry(figures, described, time.monotonic() - began)
                kept.save(results, out)
    return results


if __name__ == "__main__":
    main()
