"""`wafa rebuild loyalty`: fold the ledger anew."""

import json
import sys

import click

from wafa.cli.output import as_json, notes, print_json, progress
from wafa.cli.system import client

PAGE = 500


@click.command()
@click.argument("what", type=click.Choice(["loyalty"]))
@click.option(
    "--verify", is_flag=True, help="Change nothing; exit with 1 when a member differs from its ledger."
)
@as_json
def rebuild(what: str, verify: bool, as_json: bool) -> None:
    """Fold the whole ledger anew and put right every member that differs from it.

    Every difference is printed: customer, field, the live value, and the ledger's. Amounts are in minor units
    (cents), days are counted from 0001-01-01.

    \b
    Examples:
      wafa rebuild loyalty --verify       is the live state what the ledger says, to the cent?
      wafa rebuild loyalty                after a change of the program file
    """
    checked, different = 0, []
    with client() as services, progress() as bar:
        task = bar.add_task("members", total=services.call(what, "summary")["members"])
        after = None
        while True:
            page = services.call(what, "rebuild", after, PAGE, not verify)
            checked += page["checked"]
            different += page["different"]
            bar.update(task, completed=checked)
            after = page["next"]
            if after is None:
                break
    if as_json:
        print_json({"checked": checked, "different": different})
    else:
        notes().print(
            f"{checked} members folded anew, {len(different)} differed"
            + ("" if verify else " and were put right")
        )
        for one in different:
            for field in one["fields"]:
                live, ledger = json.dumps(field["live"]), json.dumps(field["ledger"])
                click.echo(f"{one['customer_id']}: {field['field']} is {live}, by the ledger {ledger}")
    sys.exit(1 if verify and different else 0)
