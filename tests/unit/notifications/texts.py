"""Texts to tell stories with, and what a reader makes of a page."""

import html.parser
from hashlib import sha256
from typing import Any

from services.notifications.texts.renderer import Renderer
from services.notifications.texts.text import Broken, Order, Text
from services.notifications.texts.variables import samples

ISOLATE, POP = "\u2068", "\u2069"


def order(
    template: str = "recognized", locale: str | None = "en-GB", /, default: str = "en", **data: Any
) -> Order:
    """A message in words of ours."""
    language = "ar" if (locale or default).startswith("ar") else "en"
    return Order("", {}, template, locale, default, samples(language, tier="gold", **data))


def written(source: str, part: str = "txt", language: str = "en", /, **data: Any) -> Order:
    """A message in somebody's own words, of which `source` is one part."""
    texts = {"own": {language: {"subject": "Hello", "txt": "Hello", "short": "Hello", part: source}}}
    key = sha256(f"{part} {language} {source}".encode()).hexdigest()
    return Order(key, texts, "own", language, language, samples(language, **data))


def text_of(renderer: Renderer, order: Order) -> Text:
    (made,) = renderer.render_all([order])
    assert isinstance(made, Text), made
    return made


def fault_of(renderer: Renderer, order: Order) -> str:
    (made,) = renderer.render_all([order])
    assert isinstance(made, Broken), made
    return made.fault


class Visible(html.parser.HTMLParser):
    """The text of a page, and the attributes of its elements."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text = ""
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
