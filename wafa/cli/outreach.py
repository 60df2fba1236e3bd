"""`wafa outreach`: who was contacted, who was not, and why."""

from collections.abc import Iterator
from typing import Any

import click
from rich.table import Table

from wafa.cli.faults import CommandFault
from wafa.cli.output import as_json, literal, paper, print_json
from wafa.cli.system import client
from wafa.cli.who import Who, perhaps_named
from wafa.runtime.client import Client
from wafa.runtime.paging import walk


@click.command()
@perhaps_named
@click.option("--campaign", metavar="ID", help="Only messages of this campaign, totals too.")
@click.option(
    "--limit",
    default=20,
    show_default=True,
    type=click.IntRange(1, 500),
    help="The latest so many decisions.",
)
@as_json
def outreach(who: Who, campaign: str | None, limit: int, as_json: bool) -> None:
    """Show messages with their decisions, the latest first, and the totals by state and reason.

    \b
    Examples:
      wafa outreach
      wafa outreach --external cdnow 0050
      wafa outreach --campaign win-back --limit 100
    """
    about = {"campaign": campaign} if campaign else {}
    with client() as services:
        if campaign and services.call("notifications", "campaign_show", campaign) is None:
            raise CommandFault(
                literal(f"{campaign}: there is no such campaign; `wafa campaign list` has all")
            )
        whose = {"customer_id": who.find(services)["customer_id"]} if who.ways else {}
        found = services.call("notifications", "outreach", limit=limit, **about, **whose)["outreach"]
        totals = services.call("notifications", "counts", **about)
        paused = _paused(services, found)
    if as_json:
        print_json({"outreach": found, "totals": totals})
        return
    console = paper()
    if found:
        console.print(_table(found, paused))
    else:
        console.print("no message yet")
    if who.ways:
        return  # the totals are everybody's
    for name, counted in totals.items():
        console.print(f"{name}: {in_words(counted)}")


def in_words(counted: dict[str, int]) -> str:
    """Return numbers by name as a list of words."""
    return ", ".join(f"{number:,} {what}" for what, number in sorted(counted.items())) or "none"


def _paused(services: Client, found: list[dict[str, Any]]) -> set[str]:
    """Return which campaigns of messages that have not gone out are paused."""
    if not any(one["state"] == "planned" for one in found):
        return set()
    known = walk(lambda before: services.call("notifications", "campaigns", before), "campaigns")
    return {one["campaign"] for one in known if one.get("state") == "paused"}


def _table(found: list[dict[str, Any]], paused: set[str]) -> Table:
    # Three columns, so that the ids stay whole in a window of 80.
    table = Table(show_lines=True)
    table.add_column("customer, planned", no_wrap=True)
    table.add_column("campaign", overflow="fold")
    table.add_column("outcome", overflow="fold")
    for one in found:
        table.add_row(
            f"{one['customer_id']}\n{one['planned_at']}",
            f"{one['campaign']}\nby {one['channel']}",
            "\n".join(_outcome(one, paused)),
        )
    return table


def _outcome(one: dict[str, Any], paused: set[str]) -> Iterator[str]:
    """Yield what became of a message, and why; of one that waits, what it waits for."""
    yield one["state"]
    if reason := one.get("reason"):
        yield reason
    decision = one.get("decision") or {}
    if one["state"] == "planned" and decision.get("until"):
        yield f"{decision['reason']} until {decision['until']}"
    elif one["state"] == "planned" and one["not_before"] > one["planned_at"]:
        yield f"not before {one['not_before']}"
    if one["state"] == "planned" and one["campaign"] in paused:
        yield "the campaign is paused"
