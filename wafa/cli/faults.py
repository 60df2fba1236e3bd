"""What can go wrong in a way that we foresee: told in a sentence, without a traceback."""

from typing import IO, Any

import click

from wafa.cli.output import literal
from wafa.runtime.errors import RuntimeFault
from wafa.runtime.settings import SettingsError
from wafa.stack.errors import StackError


class CommandFault(Exception):
    """Base of the command's own faults; the message is for people, and says what to do."""


FORESEEN: tuple[type[Exception], ...] = (CommandFault, RuntimeFault, SettingsError, StackError)


class Told(click.ClickException):
    """A foreseen fault on its way to standard error; exit code 1."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the sentence."""
        click.secho(f"wafa: {literal(self.message)}", file=file, fg="red", err=True)
