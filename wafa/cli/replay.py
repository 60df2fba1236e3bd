"""`wafa replay`: a purchase history as events."""

import random
import re
from datetime import datetime
from pathlib import Path

import click

from wafa.cli.history import purchases, read_history
from wafa.cli.output import progress
from wafa.cli.publish import CHUNK
from wafa.cli.system import publisher
from wafa.contracts.currencies import DECIMALS


def _plain(ctx: click.Context | None, option: click.Parameter | None, name: str | None) -> str | None:
    """Check a name that becomes part of a URI."""
    if name is not None and not re.fullmatch(r"[\w.-]{1,60}", name, re.ASCII):
        raise click.BadParameter(
            f"{name!r}: at most 60 letters, digits, dots, dashes and underscores", param_hint="--name"
        )
    return name


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--currency", type=click.Choice(list(DECIMALS)), default="USD", show_default=True, metavar="CODE"
)
@click.option(
    "--until", type=click.DateTime(["%Y-%m-%d"]), help="Shift all dates so that the last is this day."
)
@click.option(
    "--name", callback=_plain, help="Name of the history, part of each event's identity.  [default: FILE's]"
)
@click.option(
    "--shuffle", type=int, metavar="SEED", help="Publish in a random order: nothing may depend on it."
)
def replay(file: Path, currency: str, until: datetime | None, name: str | None, shuffle: int | None) -> None:
    """Publish a history of purchases (CSV: customer, date, amount) as `purchase.completed.v1`.

    The same file with the same options gives the same events: replaying it again changes nothing.

    \b
    Examples:
      wafa replay examples/data/cdnow.csv --until 2026-06-30
      wafa replay sales.csv --currency SAR --name shop-riyadh
    """
    lines = read_history(file)
    last_day = until.date() if until is not None else None
    called = _plain(None, None, name or file.stem) or ""
    events = list(purchases(lines, name=called, currency=currency, until=last_day))
    if shuffle is not None:
        random.Random(shuffle).shuffle(events)
    broker = publisher()
    with progress() as bar:
        task = bar.add_task("published", total=len(events))
        for start in range(0, len(events), CHUNK):
            chunk = events[start : start + CHUNK]
            broker.publish(chunk)
            bar.advance(task, len(chunk))
    broker.close()
