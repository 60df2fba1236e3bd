"""Tables and progress for people, JSON for scripts."""

import json
import re
import time
from typing import Any

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

as_json = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON for a script, not a table for people."
)


#: Seconds between two lines that say how far something is.
SAID_EVERY = 10.0


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


class _Spoken(Progress):
    """Where there is no terminal to draw bars on, says in a line every now and then how far it is."""

    _said_at = 0.0

    def start(self) -> None:
        """Begin; the first line is only for those who have waited."""
        self._said_at = time.monotonic()
        super().start()

    def update(self, task_id: TaskID, *args: Any, **kwargs: Any) -> None:
        """Note how far a task is; see `Progress`."""
        super().update(task_id, *args, **kwargs)
        self._say(self._tasks[task_id])

    def advance(self, task_id: TaskID, advance: float = 1) -> None:
        """Note that a task has got on; see `Progress`."""
        super().advance(task_id, advance)
        self._say(self._tasks[task_id])

    def _say(self, task: Task) -> None:
        if self.console.is_terminal or time.monotonic() - self._said_at < SAID_EVERY:
            return
        self._said_at = time.monotonic()
        of = "" if task.total is None else f" of {task.total:,.0f}"
        self.console.print(f"{task.description}: {task.completed:,.0f}{of}", soft_wrap=True)


def progress() -> Progress:
    """Return a display of count, rate and time: bars on a terminal, elsewhere a line now and then."""
    return _Spoken(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeElapsedColumn(),
        console=notes(),
    )
