"""Showing a local stack start and stop."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.table import Table
from rich.text import Text

from wafa.cli.output import notes
from wafa.services import PROCESSES, WEB
from wafa.stack import Stack, signals_interrupt

#: Where the front door of a stack answers, if nobody else does.
FRONT_PORT = 8000

_COLOURS = {"ready": "green", "external": "green", "failed": "red", "stopped": "dim", "installing": "yellow"}


@contextmanager
def shown_stack(**options: Any) -> Iterator[Stack]:
    """Run a whole `Stack` and show the state of each server; stopped by any polite signal."""
    console = notes()

    def report(name: str, state: str) -> None:
        colour = _COLOURS.get(state)
        console.print(Text(f"  {name:14} ").append(state, colour))

    with signals_interrupt(), _whole(progress=report, **options) as stack:
        yield stack


def _whole(**options: Any) -> Stack:
    return Stack(services=PROCESSES, front_port=FRONT_PORT, **options)


def show_addresses(stack: Stack) -> None:
    """Print where the parts of a running stack are."""
    table = Table(show_header=False, box=None)
    [front] = stack.http_urls(WEB)
    usual = front.endswith(f":{FRONT_PORT}")
    table.add_row("front door", front if usual else f"{front} ({FRONT_PORT} is taken by somebody else)")
    table.add_row("broker", stack.amqp_uri)
    table.add_row("database", stack.mongodb_uri)
    table.add_row("mail", str(stack.mail_folder))
    table.add_row("logs", str(stack.log_folder))
    notes().print(table)
