"""`wafa customers show`, `changes` and `export`: what is known of somebody, for staff and for the person."""

import os
from dataclasses import replace

import click
import msgspec

from wafa.cli.changesheets import facts, journal
from wafa.cli.output import as_json, notes, paper, print_json
from wafa.cli.system import client
from wafa.cli.who import Who, known, looked_up, named
from wafa.dossier import compose


@click.command()
@named
@as_json
def show(who: Who, as_json: bool) -> None:
    """Show a customer, their other ids, and what changed about who they are. Exit code 1: unknown.

    \b
    Examples:
      wafa customers show --email layla@example.com
      wafa customers show --external pos 17 --json
    """
    with client() as services:
        found = known(services.call("customers", "dossier", who.id(services)), who)
    if as_json:
        print_json(found)
        return
    console = paper()
    customer, *aliases = found["records"]
    if customer.get("erased"):
        console.print(f"{customer['customer_id']}: this customer was erased; nothing is known of them")
    else:
        console.print(facts(found["customer"], [one["customer_id"] for one in aliases]))
    if found["changes"]:
        console.print(journal(found["changes"]))


@click.command()
@click.argument("change_id", metavar="[CHANGE]", required=False)
@click.option("--customer", "customer_id", metavar="ID", help="Only those of this person.")
@looked_up()
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True)
@as_json
def changes(change_id: str | None, customer_id: str | None, who: Who, limit: int, as_json: bool) -> None:
    """List merges, un-merges and erasures with their receipts, newest first; or show one.

    Exit code 1: there is no such change, or nobody is known by that id, e-mail, phone or id elsewhere.

    \b
    Examples:
      wafa customers changes
      wafa customers changes --customer ID --json
      wafa customers changes --email layla@example.com
    """
    who = replace(who, customer_id=customer_id)
    if who.ways + (change_id is not None) > 1:
        raise click.UsageError(
            "a change, or whose: in one way, --customer, --email, --phone or --external SYSTEM ID"
        )
    with client() as services:
        if who.ways:
            customer_id = who.find(services)["customer_id"]
        found = services.call(
            "customers", "changes", change_id=change_id, customer_id=customer_id, limit=limit
        )["changes"]
    if change_id is not None and not found:
        raise click.ClickException(f"no change has the id {change_id}")
    if as_json:
        print_json(found if change_id is None else found[0])
    elif found:
        paper().print(journal(found))
    elif who.ways:
        paper().print("they were never merged, separated or erased")
    else:
        paper().print("nobody was merged, separated or erased")


@click.command()
@named
@click.option("--out", metavar="FILE", help="Write to this file, which only you may read.")
def export(who: Who, out: str | None) -> None:
    """Write everything that is known about a person as one JSON file. Exit code 1: unknown.

    Of somebody who was erased it is what has to stay: ids, and purchases without a name.

    \b
    Examples:
      wafa customers export ID --out person.json
      wafa customers export --email layla@example.com --out person.json
    """
    with client() as services:
        found = known(compose(services, who.id(services)), who)
    content = msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n"
    if found["customer"].get("erased"):
        notes().print(
            "this customer was erased: what follows is what has to stay, and nothing in it says who it was",
            soft_wrap=True,
        )
    if out is None:
        click.echo(content.decode(), nl=False)
        return
    try:
        with open(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
    except OSError as error:
        raise click.ClickException(f"cannot write {out}: {error.strerror}") from error
    notes().print(f"written to {out}: {len(content):,} bytes")


COMMANDS = (show, changes, export)
