"""`wafa template`: what is wrong with texts, and what they look like."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from wafa.cli.campaign_folder import FOLDER, Texts, read_campaign, read_texts
from wafa.cli.campaign_texts import tell_strangers
from wafa.cli.faults import CommandFault
from wafa.cli.output import as_json, literal, notes, paper, print_json
from wafa.cli.system import call
from wafa.runtime.errors import InvalidArgument
from wafa.runtime.marked_yaml import BrokenFile, parse_marked

MARKETING = "marketing"
PURPOSES = (MARKETING, "service", "transactional")
_STYLE = {"error": "red", "warning": "yellow"}
_existing = click.Path(exists=True, readable=True, path_type=Path)


@click.group()
def template() -> None:
    """Check texts, and look at them.

    Texts are files, <template>.<language>.<subject|txt|html|short>, in a folder; or those of a campaign: name
    its YAML file, they lie in the folder `templates` beside it.

    \b
    Examples:
      wafa template check campaigns/win-back.yml
      wafa template check campaigns/templates --purpose service
      wafa template show campaigns/templates --html /tmp/mails
      wafa template show                      those that come with Wafa
    """


@template.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=_existing)
@click.option(
    "--purpose", type=click.Choice(PURPOSES), help="What messages are for; a campaign's file says so itself."
)
@as_json
def check(paths: Sequence[Path], purpose: str | None, as_json: bool) -> None:
    """Say what is wrong with texts. Exit code 1: there is an error; warnings alone are none."""
    findings: list[dict[str, Any]] = []
    for path in paths:
        texts, meant = _read(path)
        answer = call("notifications", "check_texts", texts, purpose or meant)
        findings += [{"path": str(path), **one} for one in answer["findings"]]
    errors = sum(one["level"] == "error" for one in findings)
    if as_json:
        print_json({"findings": findings})
    else:
        if findings:
            paper().print(_table(findings))
        for path in paths:
            tell_strangers(path if path.is_dir() else path.parent / FOLDER)
        notes().print(f"{errors} errors, {len(findings) - errors} warnings")
    if errors:
        sys.exit(1)


@template.command()
@click.argument("path", metavar="[PATH]", required=False, type=_existing)
@click.option("--template", "name", help="Only this one.")
@click.option(
    "--html",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the HTML into files in this folder, to be looked at in a browser.",
)
@as_json
def show(path: Path | None, name: str | None, folder: Path | None, as_json: bool) -> None:
    """Show texts filled in with samples, in each language. Exit code 1: one of them fails."""
    texts = _read(path)[0] if path else {}
    try:
        found = call("notifications", "show_texts", texts, name)["texts"]
    except InvalidArgument as error:
        if error.path != "template":
            raise
        raise click.BadParameter(literal(error.message), param_hint="--template") from None
    if folder:
        for written in _pages(found, folder):
            notes().print(f"written: {written}")
    if as_json:
        print_json(found)
    else:
        for one in found:
            paper().print(_panel(one))
    if any("fault" in one for one in found):
        sys.exit(1)


def _read(path: Path) -> tuple[Texts, str]:
    """Return the texts of a folder or a campaign, and what they are for."""
    if path.is_dir():
        texts, purpose = read_texts(path), MARKETING
    else:
        content, texts = read_campaign(path)
        purpose = _purpose(content, path)
    if not texts:
        raise CommandFault(f"{path}: no texts there, <template>.<language>.<subject|txt|html|short>")
    return texts, purpose


def _purpose(content: str, path: Path) -> str:
    try:
        campaign = parse_marked(content).content
    except BrokenFile as error:
        where = f"{path}:{error.line}" if error.line else f"{path}"
        raise CommandFault(f"{where}: {error}") from None
    purpose = campaign.get("purpose") if isinstance(campaign, dict) else None
    return purpose if purpose in PURPOSES else MARKETING


def _pages(found: Sequence[Mapping[str, Any]], folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for one in found:
        if one.get("html"):
            # The service has the names from the files that we read, or from its own.
            written.append(folder / f"{Path(one['template']).name}.{one['language']}.html")
            written[-1].write_text(one["html"], "utf-8")
    return written


def _table(findings: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(show_lines=False)
    table.add_column("text", overflow="fold")
    table.add_column("line", justify="right")
    table.add_column("finding", overflow="fold")
    for one in findings:
        where = ".".join(filter(None, (one["template"], one["language"], one["part"])))
        line = str(one["line"] or "")
        table.add_row(where, line, f"{one['level']}: {one['message']}", style=_STYLE[one["level"]])
    return table


def _panel(text: Mapping[str, Any]) -> Panel:
    title = f"{text['template']} {text['language']}"
    if "fault" in text:
        return Panel(text["fault"], title=title, border_style="red")
    parts = [text["subject"], text["plain"].rstrip(), text["short"]]
    said = "\n\n".join(filter(None, parts))
    return Panel(Text(literal(said), justify="right" if text["direction"] == "rtl" else "left"), title=title)
