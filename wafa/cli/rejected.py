"""`wafa rejected`: look into quarantine, correct, replay."""

import shlex
import sys
from typing import IO, Any

import click
import msgspec
from rich.table import Table

from wafa.cli.output import as_json, paper, print_json
from wafa.cli.system import call


@click.group()
def rejected() -> None:
    """List, show and replay what was refused.

    \b
    Examples:
      wafa rejected list --reason invalid
      wafa rejected list --before NEXT              goes on where a page has ended, which says how
      wafa rejected show ID
      wafa rejected show ID --body > event.json     then correct event.json, and
      wafa rejected replay ID --with event.json
    """


@rejected.command("list")
@click.option("--status", type=click.Choice(["open", "replayed"]), default="open", show_default=True)
@click.option("--reason", help="Only entries with this reason.")
@click.option("--limit", default=50, show_default=True)
@click.option("--before", metavar="NEXT", help="The page behind: `next` of the one before.")
@as_json
def list_(status: str, reason: str | None, limit: int, before: str | None, as_json: bool) -> None:
    """List refused events, newest first."""
    answer = call("interactions", "rejected", status, reason, limit, before)
    if as_json:
        print_json(answer)
        return
    console = paper()
    if answer["rejected"]:
        console.print(_table(answer["rejected"]))
    else:
        console.print(f"no {status} entry" + (f" with the reason {reason}" if reason else ""))
    if answer.get("next"):
        console.print(f"there are more: --before {shlex.quote(answer['next'])}", markup=False, soft_wrap=True)
    counted = ", ".join(f"{number} {reason}" for reason, number in sorted(answer["open"].items()))
    console.print(f"open: {counted or 'none'}")


def _table(entries: list[dict[str, Any]]) -> Table:
    # Two columns, so that the ids stay whole in a window of 80.
    table = Table(show_lines=True)
    table.add_column("id, received", no_wrap=True)
    table.add_column("why, and which event", overflow="fold")
    for entry in entries:
        where = f" at {entry['path']}" if entry.get("path") else ""
        event = " ".join(str(entry[name]) for name in ("event_type", "event_id") if entry.get(name))
        told = [f"{entry['reason']}{where}", entry.get("message"), event, _history(entry)]
        table.add_row(f"{entry['id']}\n{entry['received_at']}", "\n".join(filter(None, told)))
    return table


def _history(entry: dict[str, Any]) -> str:
    if entry.get("redacted"):
        return "forgotten with the customer"
    attempts = len(entry.get("attempts", ()))
    return f"{attempts} attempts" if attempts > 1 else ""


@rejected.command()
@click.argument("rejection_id")
@click.option("--body", is_flag=True, help="Print only the refused bytes, to correct them.")
def show(rejection_id: str, body: bool) -> None:
    """Show one entry as JSON, with the original bytes and headers."""
    entry = call("interactions", "rejected_entry", rejection_id)
    if entry is None:
        raise click.ClickException(f"no rejected event has the id {rejection_id}")
    if body:
        click.echo(entry["body"])
    else:
        print_json(entry)


@rejected.command()
@click.argument("rejection_id")
@click.option(
    "--with", "corrected", type=click.File("rb"), help="The corrected event, or an array of them, as JSON."
)
@as_json
def replay(rejection_id: str, corrected: IO[bytes] | None, as_json: bool) -> None:
    """Publish an entry again, as it was or corrected. Replaying twice has no second effect.

    Exit code 1: it is still invalid; nothing was published.
    """
    answer = call("interactions", "replay", rejection_id, _read(corrected))
    if as_json:
        print_json(answer)
    elif "error" in answer:
        error = answer["error"]
        click.echo(f"not replayed: {error['reason']} {error['path']}: {error['message']}", err=True)
    else:
        click.echo(f"replayed: {', '.join(event['id'] for event in answer['replayed'])}")
    sys.exit(1 if "error" in answer else 0)


def _read(corrected: IO[bytes] | None) -> Any:
    if corrected is None:
        return None
    try:
        return msgspec.json.decode(corrected.read())
    except msgspec.DecodeError as error:
        raise click.BadParameter(f"{corrected.name} is not JSON: {error}", param_hint="--with") from error
