"""The `wafa` command where no system runs."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from wafa.cli import cli

Wafa = Callable[..., Result]


@pytest.fixture
def wafa(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Wafa:
    monkeypatch.setenv("WAFA_STATE", str(tmp_path / "state"))
    monkeypatch.delenv("AMQP_URI", raising=False)

    def run(*arguments: str, stdin: str | bytes | None = None) -> Result:
        return CliRunner().invoke(cli, list(arguments), input=stdin, catch_exceptions=False)

    return run
