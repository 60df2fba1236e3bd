"""HTML of a text that has none: its plain text in our layout."""

import re

from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

#: What stands under this line is small print.
FOOT = re.compile(r"^-- ?$", re.MULTILINE)
_ADDRESS = re.compile(r"https?://[^\s<>\"\u2066-\u2069]+[^\s<>\"\u2066-\u2069.,:;!?()\[\]،؛؟]")
_STYLE = "color:#8a4b1f;overflow-wrap:anywhere"
_FRAME = """{% extends "layout.html" %}
{% block title %}{{ subject }}{% endblock %}
{% block message %}{{ message }}{% endblock %}
{% block footer %}{% if small %}{{ small }}{% else %}{{ super() }}{% endif %}{% endblock %}
"""


class PlainFrame:
    """The layout with a place for plain text."""

    def __init__(self, environment: ImmutableSandboxedEnvironment) -> None:
        self._frame = environment.from_string(_FRAME)

    def html(self, subject: str, plain: str, about: dict[str, object]) -> str:
        """Return a page with plain text in paragraphs, its web addresses as links."""
        message, *small = FOOT.split(plain, maxsplit=1)
        parts = {"subject": subject, "message": _paragraphs(message), "small": _paragraphs("".join(small))}
        return self._frame.render(about | parts)


def _paragraphs(plain: str) -> Markup:
    paragraphs = (part.strip() for part in re.split(r"\n\s*\n", plain))
    return Markup("\n").join(Markup("<p>%s</p>") % _lines(part) for part in paragraphs if part)


def _lines(paragraph: str) -> Markup:
    return Markup("<br>\n").join(_linked(line) for line in paragraph.split("\n"))


def _linked(line: str) -> Markup:
    pieces, end = [], 0
    for found in _ADDRESS.finditer(line):
        pieces += [escape(line[end : found.start()]), _link(found.group())]
        end = found.end()
    return Markup("").join([*pieces, escape(line[end:])])


def _link(address: str) -> Markup:
    # An address is read from left to right in every language.
    return Markup('<a href="{0}" dir="ltr" style="{1}">{0}</a>').format(address, _STYLE)
