"""`wafa outreach`: who was contacted, who was not, and why."""

import sys
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from wafa.cli.output import as_json, print_json
from wafa.cli.system import client


@click.command()
@click.option("--email", help="Only this customer, found by e-mail.")
@click.option(
    "--external", nargs=2, metavar="SYSTEM ID", help="Only this customer, found by an id in another system."
)
@click.option("--limit", default=20, show_default=True, help="The latest so many decisions.")
@as_json
def outreach(email: str | None, external: tuple[str, str] | None, limit: int, as_json: bool) -> None:
    """Show messages with their decisions, the latest first, and the totals by state and reason.

    \b
    Examples:
      wafa outreach
      wafa outreach --external cdnow 0050
    """
    with client() as services:
        who: dict[str, Any] = {}
        if email or external:
            system, id = external or (None, None)
            customer = services.call("customers", "lookup", email=email, system=system, id=id)
            if not customer or "customer_id" not in customer:
                click.echo("nobody is known by that", err=True)
                sys.exit(1)
            who = {"customer_id": customer["customer_id"]}
        found = services.call("notifications", "outreach", limit=limit, **who)["outreach"]
        totals = services.call("notifications", "counts")
    if as_json:
        print_json({"outreach": found, "totals": totals})
        return
    table = Table("planned", "customer", "campaign", "channel", "state", "reason")
    for one in found:
        told = ("planned_at", "customer_id", "campaign", "channel", "state", "reason")
        table.add_row(*(str(one.get(name) or "") for name in told))
    console = Console()
    console.print(table)
    for name, counted in totals.items():
        console.print(
            f"{name}: " + (", ".join(f"{number} {what}" for what, number in counted.items()) or "none")
        )
