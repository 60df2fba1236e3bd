"""A campaign on disk: a YAML file, and its texts in a folder `templates` beside it."""

import re
from pathlib import Path

from wafa.cli.faults import CommandFault

FOLDER = "templates"
_NAME = re.compile(r"([a-z0-9_]+)\.([a-z]{2,3})\.(subject|txt|html|short)")

#: Characters; no campaign and no text comes near it.
LONGEST = 1_000_000
#: Template -> language -> part -> what somebody wrote.
Texts = dict[str, dict[str, dict[str, str]]]


def read_campaign(file: Path) -> tuple[str, Texts]:
    """Return the text of a campaign's file, and the texts beside it.

    Raises:
        CommandFault: one of the files cannot be read.
    """
    return _read(file), read_texts(file.parent / FOLDER)


def read_texts(folder: Path) -> Texts:
    """Return the texts in a folder, none where there is no such folder. Files with other names are no texts.

    Raises:
        CommandFault: one of the files cannot be read.
    """
    texts: Texts = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if found := _NAME.fullmatch(path.name):
            template, language, part = found.groups()
            texts.setdefault(template, {}).setdefault(language, {})[part] = _read(path)
    return texts


def strangers(folder: Path) -> list[Path]:
    """Return the files of a folder of texts that are none by their names; notes for people may lie there."""
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return [
        path
        for path in found
        if not (_NAME.fullmatch(path.name) or path.name.startswith((".", "README")) or path.is_dir())
    ]


def _read(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            content = file.read(LONGEST + 1)
    except UnicodeError:
        raise CommandFault(f"{path}: expected text in UTF-8") from None
    except OSError as error:
        raise CommandFault(f"{path}: cannot be read: {error.strerror}") from None
    if len(content) > LONGEST:
        raise CommandFault(f"{path}: is too long: {LONGEST:,} characters are the most")
    return content
