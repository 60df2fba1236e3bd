"""`make bench`: measure, write the figures as JSON, show them as tables."""

import json
import os
import sys
import tempfile
from pathlib import Path

import click
from rich.console import Console

from benchmarks import machine, report
from benchmarks.finish import WrongOutcome
from benchmarks.ground import Ground
from benchmarks.suite import QUICK, Extent, Suite
from wafa.cli.output import notes, progress
from wafa.stack import Stack, StackError, signals_interrupt

MEASUREMENTS = ("throughput", "latency", "flatness", "outreach", "front", "webhooks", "micro")
RESULTS = Path(__file__).parent / "results.json"


@click.command()
@click.option("--quick", is_flag=True, help="Small numbers: whether it works, not how fast it is.")
@click.option("--only", multiple=True, type=click.Choice(MEASUREMENTS), help="Only this; may be given again.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), default=RESULTS, help="Where JSON goes."
)
@click.option("--document", is_flag=True, help="Also put the figures, dated, into docs/benchmarks.md.")
def main(quick: bool, only: tuple[str, ...], out: Path, document: bool) -> None:
    """Measure Wafa on this machine; let nothing else run meanwhile."""
    if quick and document:
        raise click.UsageError("figures of a quick run are none to be documented")
    if os.environ.pop("AMQP_URI", None):
        notes().print("AMQP_URI is passed over: the benchmark makes virtual hosts on a broker of its own")
    try:
        results = _measure(QUICK if quick else Extent(), only or MEASUREMENTS, out)
    except (WrongOutcome, StackError) as error:
        click.echo(f"failed: {error}", err=True)
        sys.exit(1)
    report.show(results, Console())
    if document:
        report.write(results)
    notes().print(f"figures in {out}")


def _measure(extent: Extent, names: tuple[str, ...], out: Path) -> dict[str, object]:
    """Take the measurements; what was taken is in the file even where a later one fails."""
    with signals_interrupt(), tempfile.TemporaryDirectory(prefix="wafa-bench-") as temporary:
        folder = Path(temporary)
        with Stack(folder / "servers", services=[]) as stack, progress() as bar:
            ground = Ground(stack, folder)
            with ground.room("machine") as room:
                results: dict[str, object] = {"machine": machine.describe(room)}
            suite = Suite(ground, folder, extent, bar)
            for name in names:
                results[name] = getattr(suite, name)()
                out.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    return results


if __name__ == "__main__":
    main()
