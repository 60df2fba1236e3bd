"""`wafa members`: a member's figures, now or on a past day, and the ledger that they come from."""

import sys
from itertools import islice
from typing import Any

import click
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from wafa.cli.output import as_json, literal, paper, print_json
from wafa.cli.system import client
from wafa.cli.who import Who, named
from wafa.dossier import ledger as entries_of


@click.group()
def members() -> None:
    """Show members of the loyalty program, and their ledger.

    \b
    Examples:
      wafa members show --external cdnow 0001
      wafa members show ID --as-of 2026-03-01
      wafa members ledger ID
    """


@members.command()
@named
@click.option(
    "--as-of",
    metavar="DATE|TIME",
    help="As it was then, by what is known today: a date is the end of that UTC day.",
)
@as_json
def show(who: Who, as_of: str | None, as_json: bool) -> None:
    """Show a member's tier, points and purchases. Exit code 1: no purchases are known.

    An id that was merged into another one is answered with the customer who remains.

    \b
    Examples:
      wafa members show --email layla@example.com
      wafa members show 5f0c... --as-of 2026-03-01
      wafa members show --external pos 17 --as-of 2026-03-01T18:30:00+03:00 --json
    """
    with client() as services:
        customer_id = who.id(services)
        member = services.call("loyalty", "member", customer_id, as_of=as_of)
    if member and (problem := member.get("error")):
        raise click.BadParameter(problem["message"], param_hint="--as-of")
    if as_json:
        print_json(member)
    elif member:
        show_member(customer_id, member, paper())
    if member is None:
        until = f" until {literal(as_of)}" if as_of else ""
        click.echo(f"{literal(customer_id)}: no purchases are known{until}", err=True)
        sys.exit(1)


@members.command()
@named
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1), help="The latest so many.")
@as_json
def ledger(who: Who, limit: int, as_json: bool) -> None:
    """Show the ledger of a member entry by entry, newest first. Exit code 1: no purchases are known.

    \b
    Examples:
      wafa members ledger --phone +966501234567
      wafa members ledger 5f0c... --limit 1000 --json
    """
    with client() as services:
        customer_id = who.id(services)
        entries = [*islice(entries_of(services, customer_id), limit)]
    if as_json:
        print_json(entries)
    elif entries:
        show_ledger(entries, paper())
    if not entries:
        click.echo(f"{literal(customer_id)}: no purchases are known", err=True)
        sys.exit(1)


def show_member(asked: str, member: dict[str, Any], console: Console) -> None:
    """Print a member for people."""
    rows = Table(show_header=False, box=None)
    if member["customer_id"] != asked:
        rows.add_row("asked for", f"{asked}, which was merged into this customer")
    rows.add_row("as of", member["as_of"])
    rows.add_row("tier", " / ".join(member["tier_titles"].values()))
    rows.add_row("on it since", member["tier_since"])
    if until := member.get("tier_held_until"):
        rows.add_row("held until", until)
    rows.add_row("qualifying spend", _money(member["qualifying_spend"]))
    rows.add_row("points", f"{member['points']:,}")
    if expiring := member.get("points_expiring"):
        rows.add_row("expiring next", f"{expiring['points']:,} on {expiring['at']}")
    rows.add_row("purchases", f"{member['purchase_count']}, {_money(member['spend'])} in all")
    rows.add_row("first, last", " .. ".join(_given(member, "first_purchase_at", "last_purchase_at")))
    rows.add_row("recognised", member.get("recognized_at", "not yet"))
    rows.add_row("next due", member.get("due_at", "no rhythm yet"))
    if above := member.get("next_tier"):
        rows.add_row("next tier", f"{above['tier']}, {_money(above['missing'])} away")
    console.print(Panel(rows, title=Text(literal(member["customer_id"])), expand=False))


def show_ledger(entries: list[dict[str, Any]], console: Console) -> None:
    """Print a ledger for people: what happened, what it did to the points, what that left."""
    table = Table(box=None)
    table.add_column("time", no_wrap=True)
    table.add_column("what", no_wrap=True)
    for heading in ("amount", "points", "balance"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("tier", no_wrap=True)
    table.add_column("purchase or reason", overflow="fold")
    for entry in entries:
        points = entry["earned"] - entry["taken_back"] - entry["spent"] - entry["expired"]
        amount = f"{entry['amount']} {entry['currency']}" if "amount" in entry else ""
        table.add_row(
            entry["time"],
            entry["kind"].replace("_", " "),
            amount,
            f"{points:+,}" if points else "0",
            f"{entry['balance']:,}",
            entry["tier"],
            entry.get("purchase", entry.get("reason", "")),
        )
    console.print(table)


def _given(member: dict[str, Any], *names: str) -> list[str]:
    return [member[name] for name in names if name in member]


def _money(money: dict[str, str]) -> str:
    return f"{money['amount']} {money['currency']}"
