"""Tables and progress for people, JSON for scripts."""

import json
from typing import Any

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

as_json = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON for a script, not a table for people."
)


def print_json(content: Any) -> None:
    """Print JSON on standard output."""
    click.echo(json.dumps(content, ensure_ascii=False, indent=2))


def notes() -> Console:
    """Return the console for progress and remarks: standard error, so that output can be piped."""
    return Console(stderr=True)


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f}/s" if speed else "")


def progress() -> Progress:
    """Return a progress display with count, rate and time."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeElapsedColumn(),
        console=notes(),
    )
