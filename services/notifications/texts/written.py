"""Texts as files: `<template>.<language>.<part>` in a folder."""

import re
from pathlib import Path

from services.notifications.texts.text import PARTS, Texts

FOLDER = Path(__file__).parents[1] / "templates"
_NAME = re.compile(rf"(?P<template>[a-z0-9_]+)\.(?P<language>[a-z]{{2,3}})\.(?P<part>{'|'.join(PARTS)})")


def read_texts(folder: Path) -> Texts:
    """Return the texts in a folder; files with other names are none.

    Raises:
        OSError, UnicodeError: a file cannot be read.
    """
    texts: dict[str, dict[str, dict[str, str]]] = {}
    for path in sorted(folder.iterdir()):
        if found := _NAME.fullmatch(path.name):
            translations = texts.setdefault(found["template"], {})
            translations.setdefault(found["language"], {})[found["part"]] = path.read_text("utf-8")
    return texts
