"""The pages, each a template with what it shows. Nothing on them comes from another host."""

from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.gateway.documents.catalogue import catalogue
from services.gateway.domain.scopes import ROLES, SCOPES

FOLDER = Path(__file__).parent
EXAMPLES = Path(__file__).resolve().parents[3] / "examples" / "http"
_TEMPLATES = Environment(
    loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


class Example(NamedTuple):
    """A program to be copied: in what it is written, how it is run, and its text."""

    language: str
    command: str
    text: str


def index(url: str) -> str:
    """Return the first page; `url` is where this front door is."""
    return _TEMPLATES.get_template("index.html").render(
        url=url.rstrip("/"),
        first=_examples("first_event.sh", "first_event.py", "first-event.mjs"),
        listening=_examples("listen.sh", "listen.py", "listen.mjs"),
        scopes=SCOPES,
        roles=ROLES,
    )


def trying() -> str:
    """Return the page on which every endpoint can be tried out."""
    return _TEMPLATES.get_template("try.html").render()


def events() -> str:
    """Return the event catalogue."""
    return _TEMPLATES.get_template("events.html").render(catalogue=catalogue())


def _examples(shell: str, python: str, javascript: str) -> list[Example]:
    commands = {"curl": ("sh", shell), "Python": ("python3", python), "JavaScript": ("node", javascript)}
    return [
        Example(language, f"{program} {name}", (EXAMPLES / name).read_text("utf-8").strip())
        for language, (program, name) in commands.items()
    ]
