"""A demo begins with an empty folder; what it empties must have been made by a demo."""

from pathlib import Path

from wafa.cli.faults import CommandFault

MARKER = "made-by-demo"
DATA = ("rabbitmq", "mongodb", "mail")


class DataInTheWay(CommandFault):
    """The state folder holds data that no demo made; the message says what to do."""


def claim(folder: Path, *, fresh: bool) -> None:
    """Mark the folder as one that a demo may empty.

    Raises:
        DataInTheWay: there is something in it that no demo made, and `fresh` does not give it up.
    """
    if not fresh and not (folder / MARKER).exists() and any((folder / name).exists() for name in DATA):
        raise DataInTheWay(
            f"{folder} holds data that no demo made, and a demo begins by deleting what is there. Run it in "
            "another folder (WAFA_STATE=/tmp/wafa-demo wafa demo), or give the data up (wafa demo --fresh)."
        )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).touch()


def disclaim(folder: Path) -> None:
    """Take the mark away: from now on there are data in the folder that somebody may want to keep."""
    (folder / MARKER).unlink(missing_ok=True)
