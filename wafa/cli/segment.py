"""`wafa segment`: which segments there are, how many customers one has, and who some of them are."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from wafa.cli.output import as_json, literal, notes, paper, print_json
from wafa.cli.system import call
from wafa.runtime.marked_yaml import BrokenFile, parse_marked

#: A rule that begins like this is JSON, whose mistakes YAML would take for something else.
_LIKE_JSON = re.compile(r'\s*[\[{]\s*["\[{]')
#: Column of the sample -> the trait in it.
COLUMNS = {
    "tier": "tier",
    "points": "points",
    "purchases": "purchase_count",
    "last purchase": "last_purchase_at",
    "due": "due_at",
}


@click.group()
def segment() -> None:
    """Count the customers of a segment, and look at some of them.

    SEGMENT is the name of a predefined one, a rule, or a file with a rule (- for standard input), in YAML or
    JSON. Of a campaign's file it is the `audience`. docs/campaigns.md says how to write rules.

    \b
    Examples:
      wafa segment list
      wafa segment list --fields
      wafa segment count at_risk
      wafa segment count '{field: purchase_count, op: ge, value: 5}'
      wafa segment count '{field: last_purchase_at, op: between, value: [{days_ago: 90}, {days_ago: 60}]}'
      wafa segment sample win-back.yml --limit 5
    """


@segment.command(name="list")
@click.option("--fields", is_flag=True, help="Show what rules may ask of a customer instead.")
@as_json
def list_(fields: bool, as_json: bool) -> None:
    """Show the predefined segments, in English and Arabic."""
    known = call("notifications", "segments")
    if as_json:
        print_json(known)
    elif fields:
        show_fields(known["fields"], paper())
        notes().print("what each kind can be asked: docs/campaigns.md, Whom it is for", soft_wrap=True)
    else:
        show_segments(known["segments"], paper())


@segment.command()
@click.argument("segment")
@as_json
def count(segment: str, as_json: bool) -> None:
    """Print how many customers are in a segment now."""
    found = _ask("segment_count", segment)
    if as_json:
        print_json(found)
    else:
        click.echo(f"{found['count']:,}")
        if not found["count"]:
            notes().print("nobody now; texts are compared letter by letter: gold is not Gold", soft_wrap=True)


@segment.command()
@click.argument("segment")
@click.option("--limit", default=10, show_default=True, type=click.IntRange(1, 200), help="So many.")
@as_json
def sample(segment: str, limit: int, as_json: bool) -> None:
    """Show some customers of a segment, the same each time."""
    found = _ask("segment_sample", segment, limit)
    if as_json:
        print_json(found)
    elif found["customers"]:
        show_customers(found["customers"], paper())
    else:
        click.echo("nobody is in this segment now", err=True)


def rule_in(given: str) -> Any:
    """Return what to ask for: a rule that stands in the argument or in a file, else the name as it is.

    Of a campaign's file it is the audience.

    Raises:
        click.BadParameter: there is no such file, or no rule in it.
    """
    if given.lstrip().startswith(("{", "[")):
        return _rule(given, "the rule")
    path = Path(given)
    if given != "-" and not path.is_file():
        if path.suffix or len(path.parts) > 1:
            raise click.BadParameter(f"there is no file {given}", param_hint="SEGMENT")
        return given
    try:
        text = sys.stdin.read() if given == "-" else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise click.BadParameter(f"{given} cannot be read: {error}", param_hint="SEGMENT") from error
    return _rule(text, "standard input" if given == "-" else given)


def show_segments(known: list[dict[str, Any]], console: Console) -> None:
    """Print the predefined segments for people."""
    table = Table(show_lines=True)
    table.add_column("name", no_wrap=True)
    table.add_column("who", overflow="fold")
    for one in known:
        languages = [f"{one['title'][language]}: {one['about'][language]}" for language in one["title"]]
        table.add_row(Text(one["name"], style="bold"), "\n".join(languages))
    console.print(table)


def show_fields(known: list[dict[str, Any]], console: Console) -> None:
    """Print what rules may ask."""
    table = Table(box=None)
    table.add_column("field", no_wrap=True)
    table.add_column("kind", no_wrap=True)
    table.add_column("meaning", overflow="fold")
    for one in known:
        table.add_row(one["name"], one["kind"].replace("_", " "), one["about"])
    console.print(table)


def show_customers(customers: list[dict[str, Any]], console: Console) -> None:
    """Print a sample for people: who they are, and what segments mostly ask."""
    table = Table(show_lines=True)
    table.add_column("customer", overflow="fold")
    for heading in COLUMNS:
        table.add_column(heading, no_wrap=True)
    for one in customers:
        shown = [_cell(one["traits"].get(trait)) for trait in COLUMNS.values()]
        table.add_row(f"{one['name'] or '(no name)'}\n{one['customer_id']}", *shown)
    console.print(table)


def _cell(value: Any) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    # Of a moment the day is enough for people.
    return str(value).partition("T")[0] if value is not None else ""


def _ask(method: str, given: str, *also: Any) -> dict[str, Any]:
    found: dict[str, Any] = call("notifications", method, rule_in(given), *also)
    if problem := found.get("error"):
        where = f"{problem['path']}: " if problem["path"] else ""
        raise click.BadParameter(literal(f"{where}{problem['message']}"), param_hint="SEGMENT")
    return found


def _rule(text: str, where: str) -> Any:
    return _json(text, where) if _LIKE_JSON.match(text) else _yaml(text, where)


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        message = f"{where} is no JSON: line {error.lineno}, column {error.colno}: {error.msg}"
        raise click.BadParameter(message, param_hint="SEGMENT") from error
    except RecursionError as error:
        raise click.BadParameter(f"{where} is nested too deeply", param_hint="SEGMENT") from error


def _yaml(text: str, where: str) -> Any:
    try:
        content = parse_marked(text, typed=True).content
    except BrokenFile as error:
        at = f", line {error.line}" if error.line else ""
        raise click.BadParameter(f"{where}{at}: {error}", param_hint="SEGMENT") from error
    if not isinstance(content, dict) or not content.keys() & {"campaign", "audience"}:
        return content
    if "audience" not in content:
        raise click.BadParameter(f"{where} has no `audience`: it is for everybody", param_hint="SEGMENT")
    return content["audience"]
