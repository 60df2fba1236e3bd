"""What we foresee is one sentence and exit code 1, never a traceback."""

from pathlib import Path

import click
import pytest
from click.testing import Result

from wafa.cli import COMMANDS, cli
from wafa.runtime.settings import SettingsError
from wafa.stack import StackError
from wafa.stack.folder import Folder


def is_one_sentence(result: Result, says: str) -> bool:
    return (
        result.exit_code == 1 and result.stderr.startswith("wafa: ") and says in result.stderr
    ) and result.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", [["publish"], ["rejected", "list"], ["outreach"], ["env"]])
def test_a_command_that_finds_no_system_says_how_to_start_one(wafa, arguments: list[str]) -> None:
    assert is_one_sentence(wafa(*arguments), "`wafa up`")


def test_a_broker_that_is_away_is_said(wafa, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMQP_URI", "amqp://guest:guest@127.0.0.1:1//")
    assert is_one_sentence(wafa("rejected", "list"), "the broker does not answer")
    published = wafa("publish", "--unchecked", stdin='{"type": "a"}')
    assert published.exit_code == 1
    assert "wafa: not confirmed by the broker" in published.stderr


@pytest.mark.parametrize("fault", [SettingsError("no such thing"), StackError("no such thing")])
def test_a_foreseen_fault_is_told_whichever_command_it_ends(
    wafa, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    def fail() -> None:
        raise fault

    monkeypatch.setattr(cli, "get_command", lambda ctx, name: click.Command(name, callback=fail))
    assert is_one_sentence(wafa("doctor"), "no such thing")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"customer,amount\n1,2\n", "columns date"),
        (b"customer,date,amount\n1,2026-01-05,ten\n", "line 2"),
        (b"customer,date,amount\n1,2026-01-05,NaN\n", "line 2"),
        (b"customer,date,amount\n1,05.01.2026,10\n", "line 2"),
        (b"date,amount,customer\n2026-01-05,10\n", "line 2"),
        (b"customer,date,amount\n", "no purchase"),
        (b"", "columns"),
        (b"customer,date,amount\n\xff,2026-01-05,10\n", "utf-8"),
    ],
)
def test_a_history_that_cannot_be_read_is_named_with_its_line(
    wafa, tmp_path: Path, content: bytes, says: str
) -> None:
    history = tmp_path / "history.csv"
    history.write_bytes(content)

    assert is_one_sentence(wafa("replay", str(history), "--until", "2026-06-30"), says)


def test_a_demo_deletes_nothing_that_no_demo_made(wafa, tmp_path: Path) -> None:
    kept = Folder(tmp_path / "state").path / "mongodb" / "kept"
    kept.parent.mkdir(parents=True)
    kept.touch()

    assert is_one_sentence(wafa("demo"), "WAFA_STATE")

    assert kept.exists()


def test_every_command_explains_itself_with_an_example(wafa) -> None:
    for name in COMMANDS:
        told = wafa(name, "--help")
        assert told.exit_code == 0
        assert f"wafa {name}" in told.stdout
