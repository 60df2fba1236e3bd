"""Somebody who waits for a service is told so; a script is not."""

import time
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from wafa.cli import system
from wafa.cli.output import as_json
from wafa.runtime.client import Client


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Ask two questions of a service that answers after so many seconds."""
    monkeypatch.setattr(system, "QUIET", 0.05)

    def ask(seconds: float, *arguments: str) -> Result:
        monkeypatch.setattr(Client, "call", lambda *_, **__: time.sleep(seconds))

        @click.command()
        @as_json
        def command(as_json: bool) -> None:
            services = system.TellingClient("amqp://nowhere")
            services.call("loyalty", "member", "a")
            services.call("loyalty", "ledger", "a")

        return CliRunner().invoke(command, arguments, catch_exceptions=False)

    return ask


def test_who_waits_is_told_for_whom_and_once(asked: Any) -> None:
    assert asked(0.3).stderr == "waiting for loyalty ...\n"


def test_a_script_is_told_nothing(asked: Any) -> None:
    assert asked(0.3, "--json").stderr == ""


def test_an_answer_that_comes_soon_is_waited_for_in_silence(asked: Any) -> None:
    assert asked(0).stderr == ""
