import sys
from pathlib import Path

import pytest

from wafa.stack.mongodb import find_program, mongodb_server


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with only the programs that the test puts on it."""
    for folder in ("path", "home/.cargo/bin", "venv"):
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "venv" / "python"))
    return tmp_path


def put(program: Path) -> Path:
    program.touch(mode=0o755)
    return program


def test_the_best_server_there_is_gets_chosen(machine: Path) -> None:
    assert find_program() is None
    for program in ("venv/secantusd-py", "home/.cargo/bin/secantusd-rs", "path/secantusd-rs", "path/mongod"):
        put(machine / program)
        found = find_program()
        assert found
        assert found.path == machine / program


def test_another_program_later_never_meets_the_files_of_the_first(machine: Path) -> None:
    put(machine / "path" / "secantusd-rs")
    before = mongodb_server(machine, machine, 27017).command
    put(machine / "path" / "mongod")
    after = mongodb_server(machine, machine, 27017).command
    assert str(machine / "secantusd-rs") in before
    assert str(machine / "mongod") in after
