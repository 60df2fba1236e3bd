from pathlib import Path

import pytest

from wafa.stack import Finding, doctor
from wafa.stack.folder import Folder


def finding(subject: str, path: Path) -> Finding:
    return next(one for one in doctor(path) if one.subject == subject)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "state")


def test_looking_changes_nothing(folder: Folder) -> None:
    assert doctor(folder.path)
    assert not folder.path.exists()


def test_nothing_is_reported_missing_that_the_environment_names(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("AMQP_URI", "amqp://elsewhere")
    monkeypatch.setenv("MONGODB_URI", "mongodb://elsewhere")
    assert finding("RabbitMQ", folder.path).level == "ok"
    assert finding("MongoDB", folder.path).level == "ok"


def test_a_running_stack_is_seen(folder: Folder) -> None:
    folder.lock()
    assert "a stack runs" in finding("state folder", folder.path).found
    folder.unlock()
    assert "earlier stack" in finding("state folder", folder.path).found


def test_every_finding_that_is_not_well_has_advice(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("HOME", str(folder.path))
    monkeypatch.delenv("AMQP_URI", raising=False)
    monkeypatch.delenv("MONGODB_URI", raising=False)
    assert all(one.advice for one in doctor(folder.path) if one.level != "ok")
