"""`wafa demo`: real purchases through the whole system."""

import sys
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from wafa.cli import card
from wafa.cli.history import read_history
from wafa.cli.output import as_json, notes, paper, print_json, progress
from wafa.cli.outreach import in_words
from wafa.cli.stacking import show_addresses, shown_stack
from wafa.contracts.envelope import Event
from wafa.demo.expected import Expected, work_out
from wafa.demo.marker import claim
from wafa.demo.reconcile import Line
from wafa.demo.run import BROADCAST, HOUSE_RULES, NAME, TRIGGERED, Demo
from wafa.runtime.client import Client
from wafa.runtime.publisher import Publisher
from wafa.runtime.settings import load_settings
from wafa.services import WEB
from wafa.stack import Stack, default_folder, running

CAMPAIGNS = ("recognition", BROADCAST, *TRIGGERED)
FILE = Path(__file__).resolve().parents[2] / "examples" / "data" / "cdnow.csv"


@click.command()
@click.option(
    "--check", is_flag=True, help="Exit after the reconciliation: 0 when everything agrees, else 1."
)
@click.option("--fresh", is_flag=True, help="Delete also what a `wafa up` has left in the state folder.")
@as_json
def demo(check: bool, fresh: bool, as_json: bool) -> None:
    """Start the system, replay the purchases of 2,357 customers, and reconcile the outcome with the file.

    The dates are shifted so that the data end today. Afterwards it keeps running, until Ctrl-C, for you to
    look around: `wafa card --external cdnow 0001`, `wafa rejected list`. Begins with empty data each time:
    what an earlier demo left in the state folder is deleted, but not what anything else did.

    \b
    Examples:
      wafa demo
      wafa demo --check --json
    """
    if not running():  # otherwise the stack says who uses the folder
        claim(default_folder(), fresh=fresh)
    with shown_stack(fresh=True, environment=_environment()) as stack:
        show_addresses(stack)
        with Client(stack.amqp_uri) as services:
            agreed = _play(stack, services, as_json)
        if check:
            sys.exit(0 if agreed else 1)
        notes().print(
            Text("It keeps running; Ctrl-C stops it. Try: ").append(
                f"{sys.argv[0]} card --external cdnow 0001", "bold"
            )
        )
        notes().print(
            Text("First steps over HTTP, and every endpoint to try out: open ").append(
                f"{stack.http_urls(WEB)[0]}/", "bold"
            )
        )
        try:
            stack.watch()
        except KeyboardInterrupt:
            notes().print("stopping")


def _play(stack: Stack, services: Client, as_json: bool) -> bool:
    publisher = Publisher(stack.amqp_uri, name="demo shop")
    show = _demo(publisher, services)
    expected = work_out(show.moments, load_settings().loyalty_program, show.until, show.launch_at.date())
    seconds = _follow(show, expected)
    publisher.close()
    lines = show.compare(expected, stack.mail_folder)
    rate = show.published / seconds
    if as_json:
        print_json({"events_per_second": round(rate), "figures": [_plain(line) for line in lines]})
    else:
        _show(lines, rate)
        _show_a_card(services, expected)
        _show_campaigns(services, stack.mail_folder)
    return all(line.agrees for line in lines)


def _follow(show: Demo, expected: Expected) -> float:
    """Run the demo with progress bars; return the seconds from the first purchase to the last ledger row.

    The campaigns' own time is not counted.
    """
    before, after = show.purchases()
    with progress() as bar:
        told = bar.add_task("customers introduced", total=len(show.customers))
        agree = bar.add_task("consents recorded", total=show.consents)
        show.introduce(
            lambda number: bar.update(told, completed=min(number, len(show.customers))),
            lambda number: bar.update(agree, completed=number),
        )
        sent = bar.add_task("purchases published", total=len(before) + len(after))
        arrived = bar.add_task("purchases in the ledger", total=len(before) + len(after))

        def play(events: list[Event], until: int) -> float:
            began = time.monotonic()
            show.publish(events, lambda number: bar.advance(sent, number))
            show.follow(until, lambda number: bar.update(arrived, completed=number))
            return time.monotonic() - began

        seconds = play(before, len(before))
        decided = bar.add_task("thanks decided", total=len(expected.repeat))
        thanked = partial(bar.update, decided)
        show.follow_mail("recognition", expected.repeat_by_launch, lambda number: thanked(completed=number))
        out = bar.add_task("win-back decided", total=None)
        show.launch(lambda number, planned: bar.update(out, completed=number, total=planned or None))
        show.resolve()
        seconds += play(after, len(before) + len(after))
        show.follow_mail("recognition", len(expected.repeat), lambda number: thanked(completed=number))
        show.settle()
    return seconds


def _environment() -> dict[str, str]:
    """Return what the services of the demo are told: wide caps, and a clock in the past for campaigns."""
    launch_at = Demo.launch_moment(datetime.now(UTC).date())
    shift = (launch_at - datetime.now(UTC)).total_seconds()
    return {"WAFA_OUTREACH": str(HOUSE_RULES), "WAFA_CLOCK_SHIFT": f"{shift:.0f}"}


def _demo(publisher: Publisher, services: Client) -> Demo:
    return Demo(read_history(FILE), datetime.now(UTC).date(), publisher, services)


def _show(lines: list[Line], rate: float) -> None:
    table = Table("", "the file says", "Wafa says", "", title="Reconciliation")
    for line in lines:
        table.add_row(
            line.what, line.file, line.wafa, Text("✓", "green") if line.agrees else Text("✗", "red")
        )
    console = paper()
    console.print(table)
    console.print(
        f"{rate:,.0f} purchases a second, from the first one published to the last one in the ledger"
    )


def _show_a_card(services: Client, expected: Expected) -> None:
    customer = max(expected.repeat, key=lambda one: (expected.purchases[one], one))
    found = services.call("customers", "lookup", system=NAME, id=customer)
    card.show(card.compose(services, found), paper())


def _show_campaigns(services: Client, mail_folder: Path) -> None:
    table = Table("campaign", "contacted", "held out", "suppressed", "converted", title="Campaigns")
    for campaign in CAMPAIGNS:
        report = services.call("notifications", "campaign_report", campaign)
        messages, contacted = report["messages"], report["contacted"]
        table.add_row(
            campaign,
            f"{messages['sent']:,}",
            f"{messages['held_out']:,}",
            in_words(messages["suppressed_by_reason"]),
            f"{contacted['converted']:,} of {contacted['people']:,}",
        )
    console = paper()
    console.print(table)
    console.print(f"Each mail is a file in {mail_folder}", soft_wrap=True)


def _plain(line: Line) -> dict[str, object]:
    return {"what": line.what.strip(), "file": line.file, "wafa": line.wafa, "agrees": line.agrees}
