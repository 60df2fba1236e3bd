"""`wafa customers`: who is who. Merge, un-merge, erase; look, and hand out all that is known."""

import os
import sys
import time
from typing import Any

import click
import msgspec

from wafa.cli.changesheets import facts, journal, show_dry_run
from wafa.cli.dossier import compose, kept_elsewhere
from wafa.cli.output import as_json, notes, paper, print_json, progress
from wafa.cli.system import client
from wafa.runtime.client import Client

#: Seconds until a command gives up waiting, and between two questions.
PATIENCE = 60.0
POLL = 0.25

dry_run = click.option("--dry-run", is_flag=True, help="Say what would move; change nothing.")
no_wait = click.option("--no-wait", is_flag=True, help="Do not wait until all services have applied it.")


@click.group()
def customers() -> None:
    """Merge, un-merge and erase customers; show and export what is known of them.

    A merge is another name for the same person, and can be undone. An erasure cannot. Each command waits
    until interactions, loyalty and notifications have confirmed that they applied it.

    \b
    Examples:
      wafa customers merge FROM INTO --dry-run
      wafa customers merge FROM INTO
      wafa customers unmerge FROM
      wafa customers export ID --out person.json
      wafa customers erase ID
    """


@customers.command()
@click.argument("from_id", metavar="FROM")
@click.argument("into_id", metavar="INTO")
@click.option("--force", is_flag=True, help="Also when both have ids of their own in one system.")
@dry_run
@no_wait
@as_json
def merge(from_id: str, into_id: str, force: bool, dry_run: bool, no_wait: bool, as_json: bool) -> None:
    """Make FROM another name of INTO, because they are one person.

    What FROM brings is kept apart, so that `wafa customers unmerge FROM` gives it back. Exit code 1: it was
    refused, or somebody has not confirmed in time.

    \b
    Examples:
      wafa customers merge 7d444840-9dc0-41d1-b245-5ffdce74fad2 0a4de8d2-4f55-4c50-8f21-7e0f5b6d1103 --dry-run
    """
    with client() as services:
        answer = _ask(services, "merge", from_id, into_id, dry_run=dry_run, force=force)
        _tell(services, answer, from_id, no_wait, as_json)


@customers.command()
@click.argument("from_id", metavar="FROM")
@dry_run
@no_wait
@as_json
def unmerge(from_id: str, dry_run: bool, no_wait: bool, as_json: bool) -> None:
    """Undo the merge of FROM: they are a customer of their own again, with all that was their own.

    What was said since the merge stays with the customer who remained. Exit code 1: as in `merge`.
    """
    with client() as services:
        answer = _ask(services, "unmerge", from_id, dry_run=dry_run)
        _tell(services, answer, from_id, no_wait, as_json)


@customers.command()
@click.argument("customer_id", metavar="ID")
@click.option("--yes", is_flag=True, help="Do not ask whether I am sure.")
@dry_run
@no_wait
@as_json
def erase(customer_id: str, yes: bool, dry_run: bool, no_wait: bool, as_json: bool) -> None:
    """Erase the person whom ID means, with all their other ids. This cannot be undone.

    What comes late about them is refused. Somebody who comes back later is a new customer. Exit code 1: as in
    `merge`.

    \b
    Examples:
      wafa customers erase ID --dry-run
      wafa customers export ID --out person.json && wafa customers erase ID
    """
    if not (yes or dry_run):
        click.confirm(f"Erase everything about {customer_id}? This cannot be undone.", abort=True, err=True)
    with client() as services:
        answer = _ask(services, "erase", customer_id, dry_run=dry_run)
        _tell(services, answer, customer_id, no_wait, as_json)


@customers.command()
@click.argument("customer_id", metavar="ID")
@as_json
def show(customer_id: str, as_json: bool) -> None:
    """Show a customer, their other ids, and what changed about who they are. Exit code 1: unknown."""
    with client() as services:
        found = _known(services.call("customers", "dossier", customer_id), customer_id)
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


@customers.command()
@click.argument("change_id", metavar="[CHANGE]", required=False)
@click.option("--customer", "customer_id", help="Only those of this person.")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True)
@as_json
def changes(change_id: str | None, customer_id: str | None, limit: int, as_json: bool) -> None:
    """List merges, un-merges and erasures with their receipts, newest first; or show one.

    \b
    Examples:
      wafa customers changes
      wafa customers changes --customer ID --json
    """
    with client() as services:
        found = services.call(
            "customers", "changes", change_id=change_id, customer_id=customer_id, limit=limit
        )["changes"]
    if change_id is not None and not found:
        raise click.ClickException(f"no change has the id {change_id}")
    if as_json:
        print_json(found if change_id is None else found[0])
    elif found:
        paper().print(journal(found))
    else:
        paper().print("nobody was merged, separated or erased")


@customers.command()
@click.argument("customer_id", metavar="ID")
@click.option("--out", metavar="FILE", help="Write to this file, which only you may read.")
def export(customer_id: str, out: str | None) -> None:
    """Write everything that is known about a person as one JSON file. Exit code 1: unknown.

    \b
    Examples:
      wafa customers export ID --out person.json
    """
    with client() as services:
        found = compose(services, customer_id)
    content = msgspec.json.format(msgspec.json.encode(_known(found, customer_id)), indent=2) + b"\n"
    if out is None:
        click.echo(content.decode(), nl=False)
        return
    try:
        with open(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
    except OSError as error:
        raise click.ClickException(f"cannot write {out}: {error.strerror}") from error
    notes().print(f"written to {out}: {len(content):,} bytes")


def _known(found: dict[str, Any] | None, customer_id: str) -> dict[str, Any]:
    if found is None:
        raise click.ClickException(f"no customer has the id {customer_id}")
    return found


def _ask(services: Client, command: str, *args: str, **kwargs: bool) -> dict[str, Any]:
    answer: dict[str, Any] = services.call("customers", command, *args, **kwargs)
    if error := answer.get("error"):
        raise click.ClickException(f"{error['reason']}: {error['message']}")
    return answer


def _tell(services: Client, answer: dict[str, Any], customer_id: str, no_wait: bool, as_json: bool) -> None:
    """Print a dry run, or wait for a change and print its receipts."""
    if answer.get("dry_run"):
        about = customer_id if answer["kind"] == "merge" else answer["customer_id"]
        answer["elsewhere"] = kept_elsewhere(services, about)
        if as_json:
            print_json(answer)
        else:
            show_dry_run(answer, paper())
        return
    change = answer if no_wait else _wait(services, answer)
    if as_json:
        print_json(change)
    else:
        paper().print(journal([change]))
    if change["waiting_for"] and not no_wait:
        missing = ", ".join(change["waiting_for"])
        click.echo(
            f"Not confirmed within {PATIENCE:.0f} s: {missing}. Nothing is lost: it is applied as soon as"
            f" they can. `wafa customers changes {change['change_id']}` shows when.",
            err=True,
        )
        sys.exit(1)


def _wait(services: Client, change: dict[str, Any]) -> dict[str, Any]:
    """Return the change as soon as all have confirmed it, or as it is when patience ends."""
    everybody = len(change["confirmed"]) + len(change["waiting_for"])
    deadline = time.monotonic() + PATIENCE
    with progress() as bar:
        task = bar.add_task("applied by the services", total=everybody)
        bar.update(task, completed=len(change["confirmed"]))
        while change["waiting_for"] and time.monotonic() < deadline:
            time.sleep(POLL)
            [change] = services.call("customers", "changes", change_id=change["change_id"])["changes"]
            bar.update(task, completed=len(change["confirmed"]))
    return change
