"""What became of a merge, an un-merge or an erasure: a dry run, or the receipts of all services."""

import sys
import time
from typing import Any

import click

from wafa.cli.changesheets import journal, show_dry_run
from wafa.cli.output import paper, print_json, progress
from wafa.dossier import kept_elsewhere
from wafa.runtime.client import Client

#: Seconds until a command gives up waiting, and between two questions.
PATIENCE = 60.0
POLL = 0.25


def tell(services: Client, answer: dict[str, Any], customer_id: str, no_wait: bool, as_json: bool) -> None:
    """Print a dry run, or wait for a change and print its receipts; exit with 1 when one is missing."""
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
