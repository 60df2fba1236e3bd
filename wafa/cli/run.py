"""`wafa run NAME`: one service in this process."""

import click

from wafa.services import SERVICES


@click.command()
@click.argument("name", type=click.Choice(SERVICES))
def run(name: str) -> None:
    """Run one service in this process, until SIGTERM.

    It is configured by the environment; `.env.example` lists every variable.

    \b
    Example:
      AMQP_URI=amqp://... MONGODB_URI=mongodb://... wafa run loyalty
    """
    # Imported here and first of all: it patches the standard library.
    from wafa.runtime import runner

    runner.run(name)
