"""Folders of figures: each process has its own, and clears away what killed ones have left."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from wafa.runtime.figures import PREFIX, own_folder

#: Makes a folder and has a child, like the front door.
_SERVING = """
import os, sys
from wafa.runtime.figures import own_folder
folder = own_folder()
if os.fork():
    print(folder, flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def serving() -> Iterator[Callable[[], tuple[subprocess.Popen[str], Path]]]:
    """Processes with a folder each."""
    begun: list[subprocess.Popen[str]] = []

    def begin() -> tuple[subprocess.Popen[str], Path]:
        process = subprocess.Popen(
            [sys.executable, "-c", _SERVING], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        begun.append(process)
        assert process.stdout
        return process, Path(process.stdout.readline().strip())

    yield begin
    for one in begun:
        one.kill()
        one.communicate()


def test_what_killed_processes_have_left_is_removed_and_what_lives_stays(
    serving: Callable[[], tuple[subprocess.Popen[str], Path]],
) -> None:
    (_, alive), (dead, left) = serving(), serving()
    (left / "counter_1.db").write_bytes(b"1")
    own_folder()
    assert left.exists(), "its processes are still there"

    dead.kill()
    dead.communicate()  # ends the child, too
    mine = own_folder()

    assert not left.exists()
    assert alive.exists()
    assert mine.exists()


def test_as_long_as_one_of_its_processes_is_there_a_folder_stays(
    serving: Callable[[], tuple[subprocess.Popen[str], Path]],
) -> None:
    parent, folder = serving()
    parent.kill()
    parent.wait()

    own_folder()
    assert folder.exists(), "the child counts in it"


def test_what_is_not_known_to_be_left_is_not_touched(temporary: Path) -> None:
    being_made = temporary / f"{PREFIX}new"
    being_made.mkdir()
    elsewhere = temporary / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "lock").touch()
    (temporary / f"{PREFIX}link").symlink_to(elsewhere)

    own_folder()

    assert being_made.exists()
    assert (elsewhere / "lock").exists()
