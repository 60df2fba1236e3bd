"""`wafa env`: where the running system is, for a shell or a script."""

import shlex
from dataclasses import asdict

import click

from wafa.cli.output import as_json, print_json
from wafa.services import WEB
from wafa.stack import StackError, default_folder, running


@click.command()
@click.option("--url", is_flag=True, help="Only the address of the front door.")
@as_json
def env(url: bool, as_json: bool) -> None:
    """Print where the system of a `wafa up` or `wafa demo` is: its broker, its database, its mail sink.

    With --json also the mail folder and the address of each service. Use a window of its own: where AMQP_URI
    and MONGODB_URI are set, `wafa up` takes them for servers that run elsewhere, and starts none.

    \b
    Examples:
      eval "$(wafa env)"
      export WAFA_URL=$(wafa env --url)
      wafa env --json
    """
    stack = running()
    if stack is None:
        raise StackError(f"No system runs in {default_folder()}. Start one with `wafa up`.")
    if url:
        click.echo(stack.http[WEB][0])
        return
    if as_json:
        print_json({**asdict(stack), "mail_folder": str(stack.mail_folder)})
        return
    for name, value in stack.environment().items():
        click.echo(f"export {name}={shlex.quote(value)}")
