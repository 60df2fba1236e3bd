"""Tables and progress for people, JSON for scripts."""

import json
import re
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


# What a terminal takes for a command, not for text (C0 and C1 without tab and line feed).
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class LiteralConsole(Console):
    """Prints text as it is: what comes with an event is no markup, no emoji code and no terminal command.

    Our own colours are `rich.text.Text`.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, emoji=False, highlight=False, **options)

    def render_str(self, text: str, **options: Any) -> Text:
        """Return the text without control characters."""
        return super().render_str(literal(text), **options)


def literal(text: str) -> str:
    """Return the text with `\N{REPLACEMENT CHARACTER}` for each control character."""
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)


def paper() -> Console:
    """Return the console for what was asked for: standard output."""
    return LiteralConsole()


def notes() -> Console:
    """Return the console for progress and remarks: standard error, so that output can be piped."""
    return LiteralConsole(stderr=True)


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f}/s" if speed else "")


def progress() -> Progress:
    """Return a progress display with count, rate and time."""
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeElapsedColumn(),
        console=notes(),
    )
