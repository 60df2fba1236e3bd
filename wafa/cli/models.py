"""`wafa models`: how good predictions are, and fitting them."""

import importlib
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from wafa.cli.faults import CommandFault
from wafa.cli.models_views import show_evaluation, show_version, show_versions
from wafa.cli.output import as_json, notes, paper, print_json, progress
from wafa.stack import running

#: The jobs belong to loyalty and run in this process, as `wafa run loyalty` does in its own.
_JOB, _DRAWING = "services.loyalty.modelling.job", "services.loyalty.modelling.drawing"
#: Of pictures with the same name, further ones are numbered.
_PICTURE = "calibration-{}.png"


@click.group()
def models() -> None:
    """Predict who buys again, and show how good the predictions are.

    \b
    Examples:
      wafa models evaluate examples/data/cdnow.csv
      wafa models evaluate purchases.csv --json > evaluation.json
      wafa models fit
    """


@models.command()
@click.argument(
    "files", metavar="FILE...", nargs=-1, required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)  # fmt: skip
@click.option(
    "--cut", "cuts", multiple=True, metavar="DATE", type=click.DateTime(["%Y-%m-%d"]),
    help="Know what happened up to the end of this day, and judge by what came after. May be given again;"
    " otherwise three days are chosen.",
)  # fmt: skip
@click.option(
    "--horizon", "horizons", multiple=True, metavar="DAYS", type=click.IntRange(1, 730),
    help="Predict purchases within so many days. May be given again; otherwise 7, 28 and 91, as far as the"
    " file is long enough.",
)  # fmt: skip
@click.option("--customer", metavar="COLUMN", help="The column with the customer.")
@click.option("--date", "date_", metavar="COLUMN", help="The column with the date.")
@click.option("--amount", metavar="COLUMN", help="The column with the amount; - where there is none.")
@click.option("--date-format", metavar="FORMAT", help="How dates are written, as strptime has it: %d.%m.%y")
@click.option(
    "--plots", metavar="DIR", type=click.Path(file_okay=False, path_type=Path),
    help="Draw the calibration of each file into this folder (PNG).",
)  # fmt: skip
@as_json
def evaluate(
    files: tuple[Path, ...],
    cuts: tuple[datetime, ...],
    horizons: tuple[int, ...],
    customer: str | None,
    date_: str | None,
    amount: str | None,
    date_format: str | None,
    plots: Path | None,
    as_json: bool,
) -> None:
    """Judge predictions by purchases in files, beside rankings that need no model.

    A FILE is CSV with a header that names customer, date and amount (or quantity and price), or has three or
    four columns without one: customer, date, (quantity,) amount, also between blanks. Models are fitted to
    what was known at the cut, and see nothing of what they are judged by.

    AUC: the chance that who bought is ranked before who did not. Lift: how many times as often as all
    customers the first 10 % or 20 % bought. Brier: mean squared error of the chances; less is better. Count:
    days with a purchase that were predicted, by those that came. Rank sum: recency and frequency, by ranks.

    \b
    Examples:
      wafa models evaluate examples/data/cdnow.csv --cut 1997-09-30 --horizon 28 --horizon 91
      wafa models evaluate CDNOW_master.txt --plots pictures
      wafa models evaluate sales.csv --customer card_no --date sold_on --amount paid --date-format %d.%m.%Y
      wafa models evaluate visits.csv --amount - --json
    """
    job = _imported(_JOB)
    columns = job.Columns(customer, date_, amount, date_format)
    found = []
    with progress() as bars:
        task = bars.add_task("fitted and judged", total=None)
        try:
            prepared = [job.prepare(one, columns, [cut.date() for cut in cuts], horizons) for one in files]
            bars.update(task, total=sum(len(one.cuts) for one in prepared))
            for one in prepared:
                bars.update(task, description=one.path.name)
                found.append({**one.described(), "cuts": []})
                for at_cut in one.run():
                    found[-1]["cuts"].append(at_cut)
                    bars.advance(task)
        except (job.Unreadable, job.TooShort, OSError) as error:
            raise CommandFault(str(error)) from error
    if as_json:
        print_json({"files": found})
    else:
        for one in found:
            show_evaluation(one, paper())
    if plots is not None:
        _draw(found, plots)


@models.command()
@as_json
def fit(as_json: bool) -> None:
    """Fit a model to the ledger of loyalty, and make it the active one.

    It is kept under a version of its own, with how good one was that did not know the last weeks; services
    take it over within a minute or two. It reads and writes the database of loyalty, so it runs where that
    can be reached: MONGODB_URI, or the system that runs here. Do it once a day. Exit code 1: nobody bought.

    \b
    Examples:
      wafa models fit
      docker compose run --rm loyalty models fit
    """
    found = _imported(_JOB).fit_ledger(_server())
    if as_json:
        print_json(found)
    elif found:
        show_version(found, paper())
    if found is None:
        raise CommandFault("nobody has bought anything: there is nothing to learn from yet")


@models.command("list")
@as_json
def list_versions(as_json: bool) -> None:
    """List the models that were fitted, with their evaluation, and say which is active."""
    found = _imported(_JOB).versions(_server())
    if as_json:
        print_json(found)
    else:
        show_versions(found, paper())


@models.command()
@click.argument("version", type=click.IntRange(1, 2**31))
def use(version: int) -> None:
    """Make an earlier VERSION the active model again.

    \b
    Example:
      wafa models use 3
    """
    if not _imported(_JOB).activate(version, _server()):
        raise CommandFault(f"there is no model {version}; see `wafa models list`")
    notes().print(f"model {version} is active")


def _server() -> str | None:
    """Return the database server of the system that runs here, unless another one is told."""
    given = os.environ.get("MONGODB_URI") or os.environ.get("MONGODB_URI_FILE")
    stack = None if given else running()
    return stack.mongodb_uri if stack else None


def _draw(found: list[dict[str, Any]], folder: Path) -> None:
    drawing = _imported(_DRAWING)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number, one in enumerate(found):
            stem = Path(one["file"]).stem
            again = sum(Path(other["file"]).stem == stem for other in found[:number])
            path = folder / _PICTURE.format(f"{stem}-{again + 1}" if again else stem)
            drawing.draw_calibration(stem, [row for cut in one["cuts"] for row in cut["horizons"]], path)
            notes().print(f"drawn into {path}", soft_wrap=True)
    except OSError as error:
        raise CommandFault(f"--plots {folder}: {error.strerror}") from error


def _imported(name: str) -> Any:
    """Import what needs packages that services do without."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise CommandFault(
            f"{error.name} is not installed. It comes with requirements-models.txt, into the image with"
            " IMAGE_REQUIREMENTS=requirements-models.txt when it is built."
        ) from error
