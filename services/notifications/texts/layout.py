"""HTML of a text that has none: its plain text in our layout."""

import re
from collections.abc import Mapping

from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from services.notifications.texts.foreign import FIRST_STRONG_ISOLATE

#: What stands under this line is small print.
FOOT = re.compile(r"^-- ?$", re.MULTILINE)
_GAP = re.compile(r"(?:<br>\n\s*){2,}")
# What is isolated was typed by somebody else: an address in a name is no link of ours.
_ADDRESS = re.compile(
    r"(\u2068[^\u2069]*\u2069|https?://[^\s<>\"\u2066-\u2069]+[^\s<>\"\u2066-\u2069.,:;!?()\[\]،؛؟])"
)
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
        self._environment = environment
        self._frame = environment.from_string(_FRAME)

    def html(self, subject: str, plain: str, about: Mapping[str, object]) -> str:
        """Return a page with plain text in paragraphs, its web addresses as links.

        `about` has the language, and the link for unsubscribing if there is one.
        """
        message, *small = FOOT.split(plain, maxsplit=1)
        word = _UNSUBSCRIBE.get(str(about["language"]), _UNSUBSCRIBE["en"])
        words = {about["unsubscribe"]: word}
        parts = {
            "subject": subject,
            "message": _paragraphs(message, words),
            "small": _paragraphs("".join(small), words),
        }
        frame, environment = self._frame, self._environment
        context = environment.context_class(environment, {**about, **parts}, frame.name, frame.blocks)
        return "".join(frame.root_render_func(context))


def _paragraphs(plain: str, words: Mapping[object, str]) -> Markup:
    # Every other piece is an address, or isolated.
    pieces = _ADDRESS.split(plain)
    pieces[::2] = [str(escape(piece)) for piece in pieces[::2]]
    pieces[1::2] = [_link(address, words.get(address)) for address in pieces[1::2]]
    lines = "".join(pieces).strip().replace("\n", "<br>\n")
    # What is safe has been made so, piece by piece.
    return Markup("<p>" + _GAP.sub("</p>\n<p>", lines) + "</p>" if lines else "")


def _link(address: str, word: str | None) -> str:
    if address.startswith(FIRST_STRONG_ISOLATE):
        return str(escape(address))
    if word:
        return f'<a href="{escape(address)}" style="color:inherit">{word}</a>'
    shown = address.partition("://")[2]
    shown = shown if len(shown) <= LONGEST_SHOWN else shown[: LONGEST_SHOWN - 1] + "…"
    # An address is read from left to right in every language.
    return f'<a href="{escape(address)}" dir="ltr" style="{_STYLE}">{escape(shown)}</a>'
