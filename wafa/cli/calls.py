"""`wafa calls`: whom staff are to ring, what to say, and what came of it."""

import sys
from typing import Any

import click
from rich.console import Console, Group
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from wafa.cli.output import as_json, literal, paper, print_json
from wafa.cli.system import call

OUTCOMES = ("reached", "no_answer", "wrong_number", "call_back")
OBSTACLES = {
    "no_address": "no telephone number is known any more",
    "no_consent": "the customer has not allowed it",
    "unsubscribed": "the customer wants no calls",
    "open_complaint": "there is an open complaint: repair first",
}


@click.group()
def calls() -> None:
    """Show the calls that campaigns ask staff to make, and take down how they ended.

    \b
    Examples:
      wafa calls list
      wafa calls done CALL reached --agent layla --note "Comes on Monday"
    """


@calls.command(name="list")
@click.option("--state", type=click.Choice(["open", "done", "dismissed"]), default="open", show_default=True)
@click.option(
    "--limit", default=20, show_default=True, type=click.IntRange(1, 500), help="The first so many."
)
@as_json
def list_(state: str, limit: int, as_json: bool) -> None:
    """Show calls, first due first: name, number, and what to say.

    \b
    Examples:
      wafa calls list
      wafa calls list --state done --json
    """
    found = call("notifications", "calls", state=state, limit=limit)
    if as_json:
        print_json(found)
    elif found["calls"]:
        for one in found["calls"]:
            show(one, paper())
    else:
        paper().print(f"no call is {state}")


@calls.command()
@click.argument("call_id", metavar="CALL")
@click.argument("outcome", type=click.Choice(OUTCOMES))
@click.option("--agent", required=True, help="Who called.")
@click.option("--note", help="What was said, in a few words.")
@as_json
def done(call_id: str, outcome: str, agent: str, note: str | None, as_json: bool) -> None:
    """Take down how a call ended. Exit code 1: there is no such call, or it is closed.

    After no_answer and call_back it comes back to the list, later; after five attempts no more.

    \b
    Examples:
      wafa calls done CALL no_answer --agent layla
    """
    answer = call("notifications", "call_done", call_id, outcome, agent, note)
    if as_json:
        print_json(answer)
    elif "error" not in answer:
        again = f", due again {answer['due']}" if answer["state"] == "open" else ""
        paper().print(f"{answer['state']}{again}")
    if "error" in answer:
        click.echo(literal(answer["error"]["message"]), err=True)
        sys.exit(1)


def show(one: dict[str, Any], console: Console) -> None:
    """Print a call for people; a script in Arabic stands on the right, as it is read."""
    facts = Table(show_header=False, box=None)
    facts.add_row("number", one["phone"] or "none")
    if zone := one["timezone"]:
        facts.add_row("time zone", zone)
    facts.add_row("due", one["due"])
    if one["attempts"]:
        facts.add_row("last attempt", f"{one['outcome']}, by {one['agent']}; {one['attempts']} in all")
    if obstacle := one["obstacle"]:
        facts.add_row("do not call", Text(OBSTACLES.get(obstacle, obstacle), style="bold red"))
    facts.add_row("call", one["call_id"])
    script = f"{one['subject']}\n\n{one['script'].strip()}"
    said = Text(literal(script), justify="right" if one["direction"] == "rtl" else "left")
    title = Text(literal(one["name"] or one["customer_id"]))
    console.print(Panel(Group(facts, Padding(said, (1, 0, 0, 0))), title=title, width=min(console.width, 80)))
