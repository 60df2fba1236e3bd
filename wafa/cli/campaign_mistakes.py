"""What is wrong with a campaign, or with what was asked of it, and what to do next."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from wafa.cli.campaign_folder import FOLDER, Texts
from wafa.cli.output import literal, notes

Mistake = Mapping[str, Any]

UNKNOWN: Mistake = {"path": "campaign", "message": "there is no such campaign", "reason": "unknown_campaign"}
#: Arguments that are options of a command.
OPTIONS = ("on", "since", "until", "every")


def tell(
    mistakes: Sequence[Mistake],
    *,
    file: Path | None = None,
    texts: Texts | None = None,
    campaign: str | None = None,
) -> None:
    """Print mistakes in a `file` with its `texts`, or in what was asked of a `campaign`, and what is next."""
    for mistake in mistakes:
        notes().print(in_words(mistake, file), soft_wrap=True)
    tell_next(*_remedies(mistakes, file, texts or {}, campaign))


def in_words(mistake: Mistake, file: Path | None = None) -> str:
    """Return a mistake as a line of text that editors can jump to."""
    where = f"{file}:{mistake['line']}: " if file and "line" in mistake else ""
    path = mistake["path"]
    argument = f"--{path}" if path in OPTIONS and not file else path
    return f"{where}{argument}: {mistake['message']}" if path else f"{where}{mistake['message']}"


def tell_next(*commands: str) -> None:
    """Print what can be done next."""
    for command in commands:
        notes().print(f"next: {command}", soft_wrap=True)


def _remedies(
    mistakes: Sequence[Mistake], file: Path | None, texts: Texts, campaign: str | None
) -> Iterator[str]:
    if file and any(one["path"].endswith(".template") for one in mistakes):
        own = f"{file.parent / FOLDER} has {', '.join(sorted(texts))}" if texts else f"none are in {FOLDER}"
        yield f"wafa template show (the texts that come with Wafa; of your own, {own})"
    if campaign and any(one.get("reason") == "unknown_campaign" for one in mistakes):
        known = (
            f"wafa campaign show {campaign.partition('@')[0]}" if "@" in campaign else "wafa campaign list"
        )
        drafted = f"wafa campaign draft {campaign} (keeps the file, and says the campaign's name)"
        yield literal(drafted if Path(campaign).is_file() else known)
