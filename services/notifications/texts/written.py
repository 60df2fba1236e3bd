"""Texts as somebody wrote them: files `<template>.<language>.<part>` in a folder, or arguments of a call."""

import re
from pathlib import Path

import msgspec

from services.notifications.texts.text import PARTS, Texts
from wafa.runtime.errors import InvalidArgument

#: Characters in all texts of a campaign or a question, and templates.
LONGEST_TEXTS = 500_000
MOST_TEMPLATES = 100
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


def given_texts(given: object) -> Texts:
    """Return texts that came with a call.

    Raises:
        InvalidArgument: they are no texts, or too many.
    """
    try:
        texts = msgspec.convert(given, dict[str, dict[str, dict[str, str]]])
    except msgspec.ValidationError as error:
        told = "must be an object of templates, of languages, of parts, of strings"
        raise InvalidArgument("texts", f"{told}: {error}") from None
    written = [parts for languages in texts.values() for parts in languages.values()]
    if len(texts) > MOST_TEMPLATES:
        raise InvalidArgument("texts", f"must have at most {MOST_TEMPLATES} templates")
    if any(set(parts) - set(PARTS) for parts in written):
        raise InvalidArgument("texts", f"must consist of {', '.join(PARTS)}")
    if any("\ud800" <= one <= "\udfff" for parts in written for part in parts.values() for one in part):
        raise InvalidArgument("texts", "must not have half characters in them")
    if sum(len(part) for parts in written for part in parts.values()) > LONGEST_TEXTS:
        raise InvalidArgument("texts", f"must have at most {LONGEST_TEXTS:,} characters in all")
    return texts
