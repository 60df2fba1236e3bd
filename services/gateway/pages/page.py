"""A page as HTML: both languages, the preferred one first. Nothing of it comes from elsewhere."""

import base64
import hashlib
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from services.gateway.pages.words import ANY, MESSAGES, WORDS

DIRECTIONS = {"en": "ltr", "ar": "rtl"}
_FOLDER = Path(__file__).parent
_STYLE = (_FOLDER / "page.css").read_text("utf-8").strip()
_TEMPLATE = Environment(
    loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True
).get_template("page.html")
_ALLOWED = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

#: What every public page is answered with: it runs no script, loads nothing, and is kept and found by nobody.
HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_ALLOWED}'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Vary": "Accept-Language",
}


def page(name: str, language: str, *, channel: str = "", method: str = "post") -> str:
    """Return a page as HTML.

    Args:
        name: of `WORDS`.
        language: `ar` or `en`, the one to begin with.
        channel: what the messages come by that a page is about.
        method: of its button.
    """
    messages = MESSAGES.get(channel, ANY)
    words = {
        one: said._replace(
            title=said.title.format(messages=messages[one]), text=said.text.format(messages=messages[one])
        )
        for one, said in WORDS[name].items()
    }
    languages = sorted(words, key=lambda one: one != language)
    return _TEMPLATE.render(
        words=words, languages=languages, directions=DIRECTIONS, style=Markup(_STYLE), method=method
    )
