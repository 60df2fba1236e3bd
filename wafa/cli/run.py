"""`wafa run NAME`: one service in this process."""

import os
import sys
import traceback

import click

from wafa.services import GATEWAY, SERVICES


@click.command()
@click.argument("name", type=click.Choice((*SERVICES, GATEWAY)))
def run(name: str) -> None:
    """Run one service in this process, until SIGTERM.

    It is configured by the environment; `.env.example` lists every variable.

    \b
    Example:
      AMQP_URI=amqp://... MONGODB_URI=mongodb://... wafa run loyalty
    """
    # Imported here and first of all: it patches the standard library.
    from wafa.runtime import runner

    code = 1
    try:
        runner.run(name)
        code = 0
    except Exception as error:
        _tell(error)
    finally:
        # The interpreter would wait for every thread, and they would go on working meanwhile. Nobody may:
        # what was in hand is finished, or goes back to its queue now.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _tell(error: Exception) -> None:
    # Imported no earlier: it brings in a great deal, and the runner has to be first.
    from wafa.cli.faults import FORESEEN, Told

    if isinstance(error, FORESEEN):
        Told(str(error)).show()
    else:
        traceback.print_exception(error)
