"""`wafa reconcile`: after a restore, every service comes to know what the others do."""

import sys
import time
from typing import Any

import click
from rich.progress import Progress

from wafa.cli.catching_up import CatchingUp
from wafa.cli.faults import CommandFault
from wafa.cli.output import as_json, notes, print_json, progress
from wafa.cli.rebuild import loyalty_anew
from wafa.cli.relearning import Relearning
from wafa.cli.system import client
from wafa.runtime.client import Client

PAGE = 500
PATIENCE, POLL = 600.0, 0.5
#: Loyalty is at rest when so many looks in a row have found nothing new. So many seconds are given to that.
STILL, REST = 6, 60.0


@click.command()
@click.option("--send-due", is_flag=True, help="Send what was due by now; some people then get it twice.")
@as_json
def reconcile(send_due: bool, as_json: bool) -> None:
    """Bring all services to one state after `wafa restore`; then outreach goes on. Services must run.

    Who was erased since the backup is erased again. Members of loyalty are folded anew from its ledger, then
    it is told again of the interactions that the ledger lacks; and the audience of notifications is made
    anew. Messages that are due by now are dropped: they may have gone out after the backup was made. Have
    publishers send again first. Safe to repeat, and to interrupt. Exit code 1: figures differ in the end.

    \b
    Example:
      wafa reconcile
    """
    with client() as services, progress() as bars:
        # Of one that was interrupted, a part is missing: then this is refused.
        services.call("notifications", "restored")
        _wait_for_erasures(services, bars)
        told = _retell(services, bars)
        folded = loyalty_anew(services, bars, "members folded anew", repair=True)
        caught_up = CatchingUp(services, bars).run()
        if told:
            _let_rest(services, bars)
        different = loyalty_anew(services, bars, "members verified", repair=False)[1]
        _, learnt = Relearning(services, bars, repair=True).run()
        dropped = services.call("notifications", "after_restore", send_due)["dropped"]
    done: dict[str, Any] = {
        "told_again": told + caught_up.told,
        "not_in_the_ledger": caught_up.lacks,
        "members_put_right": len(folded[1]),
        "audience_put_right": len(learnt),
        "messages_dropped": dropped,
        "different": different,
    }
    if as_json:
        print_json(done)
    else:
        notes().print(
            f"{done['told_again']:,} told again; put right: {len(folded[1]):,} members, {len(learnt):,} in "
            f"the audience; {dropped:,} messages that were due are dropped; {len(different):,} members differ"
        )
    if caught_up.lacks:
        notes().print(
            f"{caught_up.lacks:,} interactions are not in the ledger: `wafa rejected list`, or the log of "
            "loyalty, says why"
        )
    sys.exit(1 if different or caught_up.lacks else 0)


def _wait_for_erasures(services: Client, bars: Progress) -> None:
    total = int(services.call("customers", "to_erase_again"))
    bar = bars.add_task("erased again", total=total)
    deadline = time.monotonic() + PATIENCE
    while True:
        left = int(services.call("customers", "to_erase_again"))
        awaited = ["customers"] if left else _unconfirmed(services)
        if not awaited:
            bars.update(bar, completed=total, description="erased again")
            return
        bars.update(bar, completed=max(0, total - left), description=f"erased again by {', '.join(awaited)}")
        if time.monotonic() > deadline:
            raise CommandFault("erasures are not confirmed yet: `wafa customers changes` says by whom")
        time.sleep(POLL)


def _unconfirmed(services: Client) -> list[str]:
    """Return the services that have not said yet that everybody who was erased is erased with them."""
    latest = services.call("customers", "changes", limit=200)["changes"]
    return sorted({name for one in latest if one["kind"] == "erase" for name in one["waiting_for"]})


def _retell(services: Client, bars: Progress) -> int:
    bar = bars.add_task("changes told again", total=None)
    told, after = 0, None
    while True:
        page = services.call("customers", "retell", after, PAGE)
        told += int(page["told"])
        bars.update(bar, completed=told)
        after = page["next"]
        if after is None:
            bars.update(bar, total=told)
            return told


def _let_rest(services: Client, bars: Progress) -> None:
    """Wait until the figures of loyalty rest: a merge that is told again leaves no receipt to ask for."""
    bar = bars.add_task("loyalty at rest", total=STILL)
    deadline = time.monotonic() + REST
    seen, still = None, 0
    while still < STILL and time.monotonic() < deadline:
        time.sleep(POLL)
        figures = services.call("loyalty", "summary")
        still = still + 1 if figures == seen else 0
        seen = figures
        bars.update(bar, completed=still)
