"""Whoever types a command from a document finds it there: subcommands, and every long option."""

import re
import shlex
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import click
import pytest

from wafa.cli import cli

ROOT = Path(__file__).parents[3]
DOCUMENTS = [
    ROOT / "README.md",
    *(ROOT / "docs").glob("*.md"),
    *(ROOT / "services").glob("*/README.md"),
    *(ROOT / "examples").glob("*/README.md"),
]

#: What Compose v2 and docker-compose 1.29 both know, of each of their commands that a document uses.
COMPOSE = {
    "up": {"--build", "--detach", "--scale", "--no-recreate", "--no-deps", "--force-recreate"},
    "ps": {"--all", "--quiet"},
    "logs": {"--tail", "--timestamps", "--no-log-prefix", "--follow"},
    "exec": {"-T"},
    "run": {"--rm", "--user", "-e"},
    "build": set[str](),
    "stop": set[str](),
    "restart": set[str](),
}

ENDS = re.compile(r"[|;&<>)]")


def typed(document: Path) -> Iterator[str]:
    """Yield each line of code of a document, in blocks and in the text, without what follows a pipe."""
    text = document.read_text("utf-8").replace("\\\n", " ")
    blocks = re.findall(r"^```(?:\w*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    spans = re.findall(r"`([^`]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
    for code in [line for block in blocks for line in block.splitlines()] + spans:
        yield " ".join(code.split())


def words_after(name: str, code: str) -> Iterator[list[str]]:
    """Yield the words that follow each call of a program in a line."""
    for called in re.finditer(rf"(?<!--namespace)(?:^|[\s(/$]){name} (.*)", code):
        until = ENDS.split(called[1].split(" #")[0])[0]
        try:
            yield shlex.split(until)
        except ValueError:
            yield until.split()


def commands(name: str) -> list[tuple[str, list[str]]]:
    """Return where each call of a program stands, and its words."""
    return [
        (f"{document.relative_to(ROOT)}: {code}", words)
        for document in DOCUMENTS
        for code in typed(document)
        for words in words_after(name, code)
        if words
    ]


def unknown_of_wafa(words: list[str]) -> str | None:
    """Return the first word of a call of `wafa` that it does not know."""
    command: click.Command = cli
    for position, word in enumerate(words):
        if not isinstance(command, click.Group):
            known = {one for each in command.params for one in (*each.opts, *each.secondary_opts)}
            options = {one.partition("=")[0] for one in words[position:] if one.startswith("--")}
            return min(options - known - {"--help"}, default=None)
        if not re.fullmatch(r"[a-z][a-z-]*", word):
            return None
        found = command.get_command(click.Context(command), word)
        if found is None:
            return word
        command = found
    return None


def unknown_of_compose(words: list[str]) -> str | None:
    """Return the first word of a call of Compose that one of its two versions does not know."""
    rest = iter(words)
    command = next((word for word in rest if word in COMPOSE), None)
    if command is None:
        return None
    options = list(takewhile(lambda word: command not in ("exec", "run") or word.startswith("-"), rest))
    return next((one for one in options if one.startswith("-") and one not in COMPOSE[command]), None)


def test_every_command_of_wafa_in_a_document_is_there() -> None:
    found = commands("wafa")
    assert len(found) > 100
    assert [(where, word) for where, words in found if (word := unknown_of_wafa(words))] == []


def test_every_command_of_compose_in_a_document_is_one_of_either_version() -> None:
    found = commands("docker compose")
    assert len(found) > 50
    assert [(where, word) for where, words in found if (word := unknown_of_compose(words))] == []


@pytest.mark.parametrize(
    ("words", "unknown"),
    [
        ("campaign launhc due", "launhc"),
        ("keys create NAME --rolle counter", "--rolle"),
        ("keys create NAME --role counter", None),
    ],
)
def test_what_wafa_does_not_know_is_noticed(words: str, unknown: str | None) -> None:
    assert unknown_of_wafa(words.split()) == unknown


def test_what_one_version_of_compose_does_not_know_is_noticed() -> None:
    assert unknown_of_compose(["logs", "--since", "10m", "web"]) == "--since"
    assert unknown_of_compose(["exec", "loyalty", "wafa", "rebuild", "loyalty", "--verify"]) is None
