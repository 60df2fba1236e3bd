"""`wafa card`: what staff see when the customer stands before them."""

from typing import Any

import click
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from wafa.advice import advice
from wafa.cli.output import as_json, literal, paper, print_json
from wafa.cli.system import client
from wafa.cli.who import Who, named
from wafa.explaining import explanations
from wafa.runtime.client import Client


@click.command()
@named
@as_json
def card(who: Who, as_json: bool) -> None:
    """Show a customer's card. Exit code 1: nobody is known by that name.

    \b
    Examples:
      wafa card --external cdnow 0001
      wafa card --email customer0001@example.com --json
    """
    with client() as services:
        customer = who.find(services)
        found = customer if customer.get("erased") else compose(services, customer)
    if as_json:
        print_json(found)
    elif found.get("erased"):
        click.echo(f"{found['customer_id']}: this customer was erased; nothing is known of them")
    else:
        show(found, paper())


def compose(services: Client, customer: dict[str, Any]) -> dict[str, Any]:
    """Ask the services for what they know of a customer (a snapshot) and put it together as the card."""
    customer_id = customer["customer_id"]
    member = services.call("loyalty", "member", customer_id, categories=True)
    known = services.call("interactions", "card", customer_id)
    repeat = bool(member and member["repeat"])
    return {
        "customer_id": customer_id,
        "name": customer.get("name"),
        "locale": customer.get("locale"),
        "recognized": repeat,
        "say": advice(complains=bool(known["open_cases"]), regular=repeat),
        "member": member,
        "explanations": explanations(member),
        **known,
    }


def show(card: dict[str, Any], console: Console) -> None:
    """Print a card for people."""
    member = card["member"] or {}
    rows = Table(show_header=False, box=None)
    rows.add_row("recognised", "yes" if card["recognized"] else "not yet")
    if member:
        rows.add_row("tier", " / ".join(member["tier_titles"].values()))
        rows.add_row("points", f"{member['points']:,}")
        rows.add_row("purchases", f"{member['purchase_count']}, {_money(member['spend'])} in all")
        rows.add_row("next due", member["due_at"][:10] if member.get("due_at") else "no rhythm yet")
        if above := member.get("next_tier"):
            rows.add_row("next tier", f"{above['tier']}, {_money(above['missing'])} away")
        for one in member.get("due_categories", ()):
            again = f"every {one['expected_interval_days']:,.0f} days, due {one['due_at'][:10]}"
            rows.add_row(literal(one["category"]), again)
        for name, said in explanations(member).items():
            rows.add_row(name, "\n".join(said[language] for language in ("en", "ar")))
    else:
        rows.add_row("purchases", "none yet")
    if last := card["last_purchase"]:
        rows.add_row("last purchase", f"{last['time'][:10]}, {_money(last['data']['total'])}")
    for case in card["open_cases"]:
        rows.add_row(
            "open complaint", f"{case['category']}, {case['severity']}, since {case['opened_at'][:10]}"
        )
    if feedback := card["last_feedback"]:
        rows.add_row("last feedback", f"{feedback['data']['kind']} {feedback['data']['score']}")
    rows.add_row("say", "\n".join(card["say"][language] for language in ("en", "ar")))
    customer_id = card["customer_id"]
    id_below = Text(customer_id) if card["name"] else None
    title = Text(literal(card["name"] or customer_id))
    console.print(Panel(rows, title=title, subtitle=id_below, expand=False))


def _money(money: dict[str, str]) -> str:
    return f"{money['amount']} {money['currency']}"
