"""The event catalogue as HTML: the text of `docs/events.md`, which is made of the contract's schemas."""

import functools
import itertools
import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from wafa.contracts import guide

#: Where the files are that the text links to.
LINKS = {"asyncapi.yaml": "/v1/asyncapi.json", "schemas": "/v1/schemas"}


@functools.cache
def catalogue() -> Markup:
    """Return the catalogue; a heading can be linked to by the name that GitHub gives it."""
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse(guide.text())
    for opening, content in itertools.pairwise(tokens):
        if opening.type == "heading_open":
            opening.attrSet("id", _anchor(content.content))
    for token in tokens:
        _point_to_us(token.children or ())
    return Markup(reader.renderer.render(tokens, reader.options, {}))


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _point_to_us(tokens: Sequence[Token]) -> None:
    for token in tokens:
        if token.type == "link_open":
            target = str(token.attrGet("href"))
            token.attrSet("href", LINKS.get(target, target))
