"""Campaigns as they are, as tables for people."""

from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from wafa.cli.output import literal


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
    version, newest = found.get("version"), found["newest"]
    drafted = "" if version == newest else f"{newest} is drafted, and not launched"
    rows.add_row("version", ", ".join(filter(None, ("" if version is None else str(version), drafted))))
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


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{number:,} {what}" for what, number in sorted(counts.items())) or "none"
