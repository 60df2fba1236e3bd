"""A newcomer does what the README says, word for word: from a key to the card that an event has changed."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Isolated
from tests.waiting import eventually
from wafa.services import PROCESSES, WEB
from wafa.stack import Stack

ROOT = Path(__file__).parents[2]
WHERE = "$(.venv/bin/wafa env --url)"


@pytest.fixture(scope="module")
def whole(isolated: Isolated) -> Iterator[Stack]:
    """What `make demo` starts; the clock of its campaigns stands a quarter of a year ago."""
    with isolated(*PROCESSES, WAFA_HTTP_WORKERS="1", WAFA_CLOCK_SHIFT="-7800000") as stack:
        yield stack


class Shell:
    """The newcomer's window: what one command exports is there for the next."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        [self.url] = stack.http_urls(WEB)
        self._folder = folder
        self._variables = folder / "variables"
        self._variables.touch()
        self._environment = {**os.environ, **stack.environment()}

    def run(self, commands: str) -> str:
        """Return what the commands print; only the address and the folder for files are ours."""
        commands = commands.replace(WHERE, self.url).replace("/tmp/", f"{self._folder}/")
        script = f"set -u -o allexport\n. {self._variables}\n{commands}export -p > {self._variables}"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout


@pytest.fixture
def shell(whole: Stack, tmp_path: Path) -> Shell:
    return Shell(whole, tmp_path)


def blocks() -> list[str]:
    """What is to be typed, of the part of the README on HTTP."""
    _, _, part = (ROOT / "README.md").read_text("utf-8").partition("\n### Over HTTP\n")
    return re.findall(r"^```\n(.*?)^```$", part.partition("\n## ")[0], re.MULTILINE | re.DOTALL)


def test_from_a_key_to_the_card_that_an_event_has_changed(shell: Shell) -> None:
    first_visit, look, second_visit = blocks()

    assert json.loads(shell.run(first_visit))["results"][0]["status"] == "accepted"
    card = eventually(lambda: shown(shell, look, "welcome"))
    assert (card["name"], card["recognized"], card["member"]["purchase_count"]) == ("نورة", False, 1)

    assert json.loads(shell.run(second_visit))["accepted"] == 1
    card = eventually(lambda: shown(shell, look, "thank"))
    assert (card["recognized"], card["member"]["purchase_count"]) == (True, 2)


def shown(shell: Shell, look: str, what_to_say: str) -> Any:
    """The card, if it is complete and tells staff to say this."""
    printed = shell.run(look)
    if '"say"' not in printed:
        return None
    card = json.loads(printed)
    return card["member"] and what_to_say in card["say"]["en"].lower() and card
