"""`wafa reconcile`: after a restore, every service comes to know what the others do."""

import sys
import time
from typing import Any

import click
from rich.progress import Progress

from wafa.cli.faults import CommandFault
from wafa.cli.output import as_json, notes, print_json, progress
from wafa.cli.rebuild import loyalty_anew
from wafa.cli.relearning import Relearning
from wafa.cli.system import client
from wafa.runtime.client import Client

PAGE = 500
PATIENCE, POLL = 600.0, 0.5
#: The command waits for loyalty until so many looks in a row have found nothing new (at intervals of `POLL`).
STILL = 6


@click.command()
@click.option("--send-due", is_flag=True, help="Send what was due by now; some people then get it twice.")
@as_json
def reconcile(send_due: bool, as_json: bool) -> None:
    """Bring all services to one state after `wafa restore`; then outreach goes on. Services must run.

    Who was erased since the backup is erased again. Members of loyalty are folded anew from its ledger, then
    it is told again of every interaction; and the audience of notifications is made anew. Messages that are
    due by now are dropped: they may have gone out after the backup was made. Have publishers send again
    first. Safe to repeat, and to interrupt. Exit code 1: figures differ in the end.

    \b
    Example:
      wafa reconcile
    """
    with client() as services, progress() as bars:
        _wait_for_erasures(services, bars)
        told = _retell(services, bars, "customers", "changes told again")
        folded = loyalty_anew(services, bars, "members folded anew", repair=True)
        told += _retell(services, bars, "interactions", "interactions told again")
        _wait_for_loyalty(services)
        different = loyalty_anew(services, bars, "members verified", repair=False)[1]
        _, learnt = Relearning(services, bars, repair=True).run()
        dropped = services.call("notifications", "after_restore", send_due)["dropped"]
    done: dict[str, Any] = {
        "told_again": told,
        "members_put_right": len(folded[1]),
        "audience_put_right": len(learnt),
        "messages_dropped": dropped,
        "different": different,
    }
    if as_json:
        print_json(done)
    else:
        notes().print(
            f"{told:,} told again; put right: {len(folded[1]):,} members, {len(learnt):,} in the audience; "
            f"{dropped:,} messages that were due are dropped; {len(different):,} members differ"
        )
    sys.exit(1 if different else 0)


def _wait_for_erasures(services: Client, bars: Progress) -> None:
    left = int(services.call("customers", "to_erase_again"))
    bar = bars.add_task("erased again", total=left)
    deadline = time.monotonic() + PATIENCE
    while (now_left := services.call("customers", "to_erase_again")) or _unconfirmed(services):
        bars.update(bar, completed=max(0, left - now_left))
        if time.monotonic() > deadline:
            raise CommandFault("erasures are not confirmed yet: `wafa customers changes` says by whom")
        time.sleep(POLL)
    bars.update(bar, completed=left)


def _unconfirmed(services: Client) -> bool:
    latest = services.call("customers", "changes", limit=200)["changes"]
    return any(one["waiting_for"] for one in latest if one["kind"] == "erase")


def _retell(services: Client, bars: Progress, service: str, what: str) -> int:
    bar = bars.add_task(what, total=None)
    told, after = 0, None
    while True:
        page = services.call(service, "retell", after, PAGE)
        told += int(page["told"])
        bars.update(bar, completed=told)
        after = page["next"]
        if after is None:
            bars.update(bar, total=told)
            return told


def _wait_for_loyalty(services: Client) -> None:
    """Wait until what it was told again has been taken in: its figures have moved no more for a while."""
    deadline = time.monotonic() + PATIENCE
    seen, still = None, 0
    while still < STILL and time.monotonic() < deadline:
        time.sleep(POLL)
        figures = services.call("loyalty", "summary")
        still = still + 1 if figures == seen else 0
        seen = figures
