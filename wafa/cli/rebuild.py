"""`wafa rebuild`: fold anew what can be folded anew, and compare or put right."""

import json
import sys
from typing import Any

import click
from rich.progress import Progress

from wafa.cli.output import as_json, notes, print_json, progress
from wafa.cli.relearning import Relearning
from wafa.cli.system import client
from wafa.runtime.client import Client

PAGE = 500


@click.command()
@click.argument("what", type=click.Choice(["loyalty", "audience"]))
@click.option("--verify", is_flag=True, help="Change nothing; exit with 1 when something differs.")
@as_json
def rebuild(what: str, verify: bool, as_json: bool) -> None:
    """Make the members of loyalty, or the audience of notifications, anew, and put right what differs.

    loyalty: the whole ledger is folded anew. Every difference is printed: customer, field, the live value,
    and the ledger's. Amounts are in minor units (cents), days are counted from 0001-01-01.

    audience: customers, interactions and loyalty tell again what they have told, and what follows takes the
    place of what notifications knew. Addresses that bounced are kept. Printed are the customers who differed,
    and in which fields. While it runs nobody is contacted, unless it only verifies; and nobody is contacted
    twice afterwards.

    \b
    Examples:
      wafa rebuild loyalty --verify       is the live state what the ledger says, to the cent?
      wafa rebuild loyalty                after a change of the program file
      wafa rebuild audience --verify      does notifications know what the others have told?
      wafa rebuild audience               after a loss in its database
    """
    (_loyalty if what == "loyalty" else _audience)(verify, as_json)


def loyalty_anew(
    services: Client, bars: Progress, what: str, *, repair: bool
) -> tuple[int, list[dict[str, Any]]]:
    """Fold the ledger anew, shown on a bar; return how many members there are, and those that differed."""
    checked = 0
    different: list[dict[str, Any]] = []
    task = bars.add_task(what, total=services.call("loyalty", "summary")["members"])
    after = None
    while True:
        page = services.call("loyalty", "rebuild", after, PAGE, repair)
        checked += page["checked"]
        different += page["different"]
        bars.update(task, completed=checked)
        after = page["next"]
        if after is None:
            return checked, different


def _loyalty(verify: bool, as_json: bool) -> None:
    with client() as services, progress() as bars:
        checked, different = loyalty_anew(services, bars, "members", repair=not verify)
    lines = [
        f"{one['customer_id']}: {field['field']} is {json.dumps(field['live'])}, "
        f"by the ledger {json.dumps(field['ledger'])}"
        for one in different
        for field in one["fields"]
    ]
    _report("members folded anew", checked, different, lines, verify, as_json)


def _audience(verify: bool, as_json: bool) -> None:
    with client() as services, progress() as bars:
        checked, different = Relearning(services, bars, repair=not verify).run()
    lines = [f"{one['customer_id']}: {', '.join(one['fields'])}" for one in different]
    _report("customers learnt anew", checked, different, lines, verify, as_json)


def _report(
    what: str, checked: int, different: list[dict[str, Any]], lines: list[str], verify: bool, as_json: bool
) -> None:
    if as_json:
        print_json({"checked": checked, "different": different})
    else:
        put_right = "" if verify else " and were put right"
        notes().print(f"{checked} {what}, {len(different)} differed{put_right}")
        for line in lines:
            click.echo(line)
    sys.exit(1 if verify and different else 0)
