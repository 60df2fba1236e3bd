"""`wafa up`: the whole system on this machine, without Docker."""

import click

from wafa.cli.output import notes
from wafa.cli.stacking import show_addresses, shown_stack
from wafa.demo.marker import disclaim
from wafa.stack import default_folder


@click.command()
@click.option("--fresh", is_flag=True, help="Begin with empty data and logs.")
@click.option(
    "--replicas", type=(str, int), multiple=True, metavar="SERVICE N", help="Processes of a service."
)
def up(fresh: bool, replicas: tuple[tuple[str, int], ...]) -> None:
    """Start everything that is not there yet, and run it until Ctrl-C.

    RabbitMQ: AMQP_URI, or a node of our own. MongoDB: MONGODB_URI, or a server found on this machine, or the
    embedded one. The services, and a mail sink that keeps every message as a file. All state is in `.wafa/`
    (WAFA_STATE), and it is kept.

    \b
    Examples:
      wafa up
      wafa up --replicas loyalty 2
    """
    with shown_stack(fresh=fresh, replicas=dict(replicas)) as stack:
        disclaim(default_folder())
        show_addresses(stack)
        notes().print("Open the front door in a browser for first steps and documentation. Ctrl-C stops it.")
        try:
            stack.watch()
        except KeyboardInterrupt:
            notes().print("stopping")
