"""HTML of a text that has none: its plain text in our layout."""

import re
from collections.abc import Mapping

from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

#: What stands under this line is small print.
FOOT = re.compile(r"^-- ?$", re.MULTILINE)
_ADDRESS = re.compile(r"https?://[^\s<>\"\u2066-\u2069]+[^\s<>\"\u2066-\u2069.,:;!?()\[\]،؛؟]")
#: Of an address so much is shown.
LONGEST_SHOWN = 48
_UNSUBSCRIBE = {"ar": "إلغاء الاشتراك", "en": "Unsubscribe"}
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
        page = _Page(about)
        parts = {"subject": subject, "message": page.of(message), "small": page.of("".join(small))}
        return self._frame.render(about | parts)


class _Page:
    """Makes HTML of plain text. `about` has the language, and the link for unsubscribing, if there is one."""

    def __init__(self, about: Mapping[str, object]) -> None:
        word = _UNSUBSCRIBE.get(str(about["language"]), _UNSUBSCRIBE["en"])
        self._words = {about["unsubscribe"]: word}

    def of(self, plain: str) -> Markup:
        paragraphs = (part.strip() for part in re.split(r"\n\s*\n", plain))
        return Markup("\n").join(Markup("<p>%s</p>") % self._lines(part) for part in paragraphs if part)

    def _lines(self, paragraph: str) -> Markup:
        return Markup("<br>\n").join(self._linked(line) for line in paragraph.split("\n"))

    def _linked(self, line: str) -> Markup:
        pieces, end = [], 0
        for found in _ADDRESS.finditer(line):
            pieces += [escape(line[end : found.start()]), self._link(found.group())]
            end = found.end()
        return Markup("").join([*pieces, escape(line[end:])])

    def _link(self, address: str) -> Markup:
        if word := self._words.get(address):
            return Markup('<a href="%s" style="color:inherit">%s</a>') % (address, word)
        # An address is read from left to right in every language.
        shown = address.partition("://")[2]
        shown = shown if len(shown) <= LONGEST_SHOWN else shown[: LONGEST_SHOWN - 1] + "…"
        return Markup('<a href="%s" dir="ltr" style="%s">%s</a>') % (address, _STYLE, shown)
