"""`wafa campaign`: from a file to a running campaign, and what is done with it then."""

import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from wafa.cli import campaign_views
from wafa.cli.campaign_folder import read_campaign
from wafa.cli.output import as_json, literal, notes, paper, print_json
from wafa.cli.system import call

_file = click.argument(
    "file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
)
_id = click.argument("campaign", metavar="ID")


@click.group()
def campaign() -> None:
    """Draft, launch and see to campaigns.

    A campaign is a YAML file; its own texts lie in a folder `templates` beside it, as
    <template>.<language>.<subject|txt|html|short>.

    \b
    Examples:
      wafa campaign check win-back.yml
      wafa campaign draft win-back.yml
      wafa campaign preview win-back
      wafa campaign launch win-back
      wafa campaign pause win-back
      wafa campaign report win-back
    """


for _view in campaign_views.COMMANDS:
    campaign.add_command(_view)


@campaign.command()
@_file
@as_json
def check(file: Path, as_json: bool) -> None:
    """Say what is wrong with a file, keeping nothing. Exit code 1: something is."""
    answer = call("notifications", "campaign_check", *read_campaign(file))
    _tell(answer, as_json, file)
    if not as_json:
        found = answer["campaign"]
        show_steps(found, paper())
        _next(f"wafa campaign draft {file}")


@campaign.command()
@_file
@as_json
def draft(file: Path, as_json: bool) -> None:
    """Keep a file as a new version. Exit code 1: something is wrong with it, and nothing is kept.

    The same file again is no new version. Of a campaign that runs already the new version takes over when it
    is launched: for journeys that begin from then on.
    """
    answer = call("notifications", "campaign_draft", *read_campaign(file))
    _tell(answer, as_json, file)
    if not as_json:
        found = answer["campaign"]
        _say(found, f"version {found['newest']} is kept")
        _next(f"wafa campaign preview {found['campaign']}", f"wafa campaign launch {found['campaign']}")


@campaign.command(name="list")
@as_json
def list_(as_json: bool) -> None:
    """Show all campaigns."""
    found = call("notifications", "campaigns")
    if as_json:
        print_json(found)
    else:
        show_list(found, paper())
        _next("wafa campaign show ID")


@campaign.command()
@_id
@as_json
def show(campaign: str, as_json: bool) -> None:
    """Show a campaign: its steps, its versions, its messages by state. Exit code 1: there is none."""
    found = call("notifications", "campaign_show", campaign)
    if as_json:
        print_json(found)
    elif found:
        show_campaign(found, paper())
    if found is None:
        click.echo(f"{literal(campaign)}: there is no such campaign", err=True)
        sys.exit(1)


@campaign.command()
@_id
@as_json
def launch(campaign: str, as_json: bool) -> None:
    """Let journeys begin, with the newest version. Exit code 1: something is wrong with it.

    Everything is checked once more. A broadcast whose moment has passed begins at once; one that is finished
    goes to those who have not been reached yet.
    """
    found = _changed("launch", campaign, as_json)
    if found and found["state"] == "paused":
        _say(found, f"version {found['version']} is launched, and still paused")
        _next(f"wafa campaign resume {campaign}")
    elif found:
        _say(found, f"version {found['version']} is launched")
        _next(f"wafa campaign show {campaign}", f"wafa campaign pause {campaign}")


@campaign.command()
@_id
@as_json
def pause(campaign: str, as_json: bool) -> None:
    """Let nothing of it go out from now on, but what is being handed over this instant.

    Messages wait, and expire when they wait for too long; events go on to be noted.
    """
    if found := _changed("pause", campaign, as_json):
        _say(found, "is paused")
        _next(f"wafa campaign resume {campaign}")


@campaign.command()
@_id
@as_json
def resume(campaign: str, as_json: bool) -> None:
    """Let a paused campaign go on."""
    if found := _changed("resume", campaign, as_json):
        _say(found, f"goes on, and is {found['state']}")


@campaign.command()
@_id
@as_json
def finish(campaign: str, as_json: bool) -> None:
    """Let no more journeys begin; those under way go on."""
    if found := _changed("finish", campaign, as_json):
        _say(found, "is finished: no more journeys begin, those under way go on")
        _next(f"wafa campaign report {campaign}", f"wafa campaign launch {campaign} (to begin again)")


def show_list(found: list[dict[str, Any]], console: Console) -> None:
    """Print campaigns for people."""
    table = Table(box=None)
    for heading in ("campaign", "state", "version", "starts", "title"):
        table.add_column(heading, overflow="fold", no_wrap=heading in ("state", "version"))
    for one in found:
        version, newest = one.get("version"), one["newest"]
        drafted = f" ({newest} drafted)" if version != newest else ""
        table.add_row(
            one["campaign"],
            one["state"],
            f"{'-' if version is None else version}{drafted}",
            one.get("start", "cannot be read"),
            title_of(one),
        )
    console.print(table)


def show_campaign(found: dict[str, Any], console: Console) -> None:
    """Print a campaign for people."""
    rows = Table(show_header=False, box=None)
    rows.add_row("title", title_of(found))
    rows.add_row("state", found["state"] + ("" if found["enrolling"] else ", no journeys begin"))
    rows.add_row("version", f"{found.get('version', '-')}, newest {found['newest']}")
    rows.add_row("purpose", found.get("purpose", "cannot be read"))
    rows.add_row("starts", found.get("start", "cannot be read"))
    for name in ("launched_at", "finished_at", "planned"):
        if name in found:
            rows.add_row(name.removesuffix("_at"), str(found[name]))
    for number, step in enumerate(found.get("steps", ()), start=1):
        rows.add_row(f"step {number}", step)
    rows.add_row("messages", _counted(found["states"]))
    rows.add_row("reasons", _counted(found["reasons"]))
    for version in found["versions"]:
        rows.add_row(f"version {version['version']}", f"drafted {version['drafted_at']}")
    console.print(Panel(rows, title=Text(literal(found["campaign"])), expand=False))


def show_steps(found: dict[str, Any], console: Console) -> None:
    """Print what a campaign would do."""
    console.print(f"{found['campaign']}: {title_of(found)}")
    console.print(f"{found['purpose']}, {found['start']}")
    for step in found["steps"]:
        console.print(f"  {step}")


def title_of(found: dict[str, Any]) -> str:
    """Return the title in both languages."""
    title = found.get("title", {})
    return " / ".join(title[language] for language in ("en", "ar") if language in title)


def _changed(command: str, campaign: str, as_json: bool) -> dict[str, Any] | None:
    """Give a command; return the campaign as it is now, None where it has been printed already."""
    answer = call("notifications", f"campaign_{command}", campaign)
    _tell(answer, as_json)
    return None if as_json else answer["campaign"]


def _tell(answer: dict[str, Any], as_json: bool, file: Path | None = None) -> None:
    """Print an answer as JSON, or the mistakes in it; with mistakes the command is over."""
    if as_json:
        print_json(answer)
    for mistake in answer.get("mistakes", ()):
        if not as_json:
            notes().print(in_words(mistake, file), soft_wrap=True)
    if "mistakes" in answer:
        sys.exit(1)


def in_words(mistake: dict[str, Any], file: Path | None = None) -> str:
    """Return a mistake as a line of text that editors can jump to."""
    where = f"{file}:{mistake['line']}: " if file and "line" in mistake else ""
    path = f"{mistake['path']}: " if mistake["path"] else ""
    return f"{where}{path}{mistake['message']}"


def _say(found: dict[str, Any], what: str) -> None:
    paper().print(f"{found['campaign']} ({title_of(found)}): {what}", soft_wrap=True)


def _next(*commands: str) -> None:
    for command in commands:
        notes().print(f"next: {command}", soft_wrap=True)


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{number:,} {what}" for what, number in sorted(counts.items())) or "none"
