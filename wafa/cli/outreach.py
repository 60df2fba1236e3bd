"""`wafa outreach`: who was contacted, who was not, and why."""

import sys
from typing import Any

import click
from rich.table import Table

from wafa.cli.output import as_json, paper, print_json
from wafa.cli.system import client, find_customer


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
            customer = find_customer(services, email=email, external=external)
            if customer is None:
                click.echo("nobody is known by that", err=True)
                sys.exit(1)
            who = {"customer_id": customer["customer_id"]}
        found = services.call("notifications", "outreach", limit=limit, **who)["outreach"]
        totals = services.call("notifications", "counts")
    if as_json:
        print_json({"outreach": found, "totals": totals})
        return
    console = paper()
    if found:
        console.print(_table(found))
    else:
        console.print("no message yet")
    for name, counted in totals.items():
        console.print(f"{name}: {in_words(counted)}")


def in_words(counted: dict[str, int]) -> str:
    """Return numbers by name as a list of words."""
    return ", ".join(f"{number:,} {what}" for what, number in sorted(counted.items())) or "none"


def _table(found: list[dict[str, Any]]) -> Table:
    # Three columns, so that the ids stay whole in a window of 80.
    table = Table(show_lines=True)
    table.add_column("customer, planned", no_wrap=True)
    table.add_column("campaign", overflow="fold")
    table.add_column("outcome", overflow="fold")
    for one in found:
        table.add_row(
            f"{one['customer_id']}\n{one['planned_at']}",
            f"{one['campaign']}\nby {one['channel']}",
            one["state"] + (f"\n{one['reason']}" if one.get("reason") else ""),
        )
    return table
