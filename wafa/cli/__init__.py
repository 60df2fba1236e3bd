"""The `wafa` command. Each subcommand is a module of this package, imported when it is called."""

import importlib
import warnings
from typing import Any

import click

from wafa import __version__

# nameko stands on eventlet, and eventlet says at every import that it is deprecated.
warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")

COMMANDS = {
    "up": "wafa.cli.up:up",
    "env": "wafa.cli.env:env",
    "run": "wafa.cli.run:run",
    "serve": "wafa.cli.serve:serve",
    "doctor": "wafa.cli.doctor:doctor",
    "demo": "wafa.cli.demo:demo",
    "publish": "wafa.cli.publish:publish",
    "replay": "wafa.cli.replay:replay",
    "card": "wafa.cli.card:card",
    "customers": "wafa.cli.customers:customers",
    "members": "wafa.cli.members:members",
    "insights": "wafa.cli.insights:insights",
    "recommendations": "wafa.cli.recommendations:recommendations",
    "models": "wafa.cli.models:models",
    "rejected": "wafa.cli.rejected:rejected",
    "segment": "wafa.cli.segment:segment",
    "campaign": "wafa.cli.campaign:campaign",
    "template": "wafa.cli.template:template",
    "outreach": "wafa.cli.outreach:outreach",
    "calls": "wafa.cli.calls:calls",
    "keys": "wafa.cli.keys:keys",
    "rebuild": "wafa.cli.rebuild:rebuild",
    "backup": "wafa.cli.backup:backup",
    "restore": "wafa.cli.restore:restore",
    "reconcile": "wafa.cli.reconcile:reconcile",
    "contracts": "wafa.cli.contracts:contracts",
}


class LazyGroup(click.Group):
    """Imports a subcommand only when it is called; tells a fault that we foresee in a sentence.

    `run` patches the standard library for eventlet before anything else is imported, so nothing may be
    imported on its behalf; and `wafa --help` stays instant.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a subcommand."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run a subcommand."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            # Imported no earlier: it brings in a great deal, and `run` has to be first.
            from wafa.cli.faults import FORESEEN, Told

            if isinstance(error, FORESEEN):
                raise Told(str(error)) from error
            raise


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="wafa")
def cli() -> None:
    """Wafa (وفاء): who comes back, told at the moment it matters.

    \b
    Start here:
      wafa doctor          what is on this machine, and what is missing
      wafa demo            the whole system on real purchases, until Ctrl-C
      wafa up              the whole system, with the data that is there

    Commands that talk to a running system find it through AMQP_URI, or else through the state folder of a
    `wafa up` or `wafa demo` that runs here.
    """


def main() -> None:
    """Run the command. Ctrl-C and a closed pipe end it with exit code 1, without a traceback."""
    cli()
