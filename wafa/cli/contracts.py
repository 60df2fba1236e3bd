"""`wafa contracts`: the documents that are generated from the schemas."""

import sys
from pathlib import Path

import click

from wafa.contracts import export


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 when a document is not current.")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("docs"), show_default=True)
def contracts(check: bool, folder: Path) -> None:
    """Write JSON Schema, AsyncAPI and the event catalogue from the marshmallow schemas.

    \b
    Examples:
      wafa contracts
      wafa contracts --check
    """
    if not check:
        for path in export.write_all(folder):
            click.echo(path)
        return
    stale = export.stale(folder)
    for path in stale:
        click.echo(f"{path} is not current; run `wafa contracts`", err=True)
    sys.exit(1 if stale else 0)
