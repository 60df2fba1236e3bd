"""`wafa doctor`: what is on this machine, and what is missing."""

import sys
from dataclasses import asdict

import click
from rich.table import Table
from rich.text import Text

from wafa.cli.output import as_json, paper, print_json
from wafa.stack import doctor as examine

_COLOURS = {"ok": "green", "note": "yellow", "missing": "red"}


@click.command()
@as_json
def doctor(as_json: bool) -> None:
    """Say what is there to run Wafa on this machine, what is missing, and what to do about it.

    Exit code 1 when something is missing that `wafa up` cannot do without. Changes nothing.

    \b
    Examples:
      wafa doctor
      wafa doctor --json
    """
    findings = examine()
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        table = Table("", "", "found", "advice")
        for finding in findings:
            table.add_row(
                finding.subject,
                Text(finding.level, _COLOURS[finding.level]),
                finding.found,
                finding.advice,
            )
        paper().print(table)
    sys.exit(any(finding.level == "missing" for finding in findings))
