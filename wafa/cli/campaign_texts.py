"""What the texts beside a campaign lack, told to who works on the campaign."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from wafa.cli.campaign_folder import FOLDER, strangers
from wafa.cli.output import notes

Findings = Sequence[dict[str, Any]]


def errors(findings: Findings) -> list[dict[str, Any]]:
    """Return those with which a campaign cannot be launched."""
    return [one for one in findings if one["level"] == "error"]


def tell(findings: Findings, file: Path) -> None:
    """Print errors where editors can jump to, how many warnings there are, and files that were not taken."""
    folder = file.parent / FOLDER
    for one in errors(findings):
        name = ".".join(filter(None, (one["template"], one["language"], one["part"])))
        line = f":{one['line']}" if one["line"] else ""
        notes().print(f"{folder / name}{line}: {one['message']}", soft_wrap=True)
    if warnings := len(findings) - len(errors(findings)):
        notes().print(f"{warnings} warnings about texts: wafa template check {file}", soft_wrap=True)
    tell_strangers(folder)


def tell_strangers(folder: Path) -> None:
    """Print which files of a folder are no texts by their names."""
    for path in strangers(folder):
        notes().print(
            f"{path}: not taken; a text is called <template>.<language>.<subject|txt|html|short>",
            soft_wrap=True,
        )
