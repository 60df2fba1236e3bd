"""The scan for secrets finds one, and the audit is never silent."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).parents[3] / "deploy" / "local"


def loaded(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_key_in_a_file_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    no_secrets = loaded("no_secrets")
    monkeypatch.setattr(no_secrets, "ROOT", tmp_path)
    begin = "-----BEGIN RSA PRIVATE" + " KEY-----"
    (tmp_path / "notes.md").write_text(f"nothing\n{begin}\n")
    (tmp_path / "told.md").write_text(f"{begin}  # pragma: allowlist secret\n")

    assert no_secrets.suspects(["notes.md", "told.md"]) == [("notes.md", "Private Key", 2)]


def test_a_known_vulnerability_fails_the_audit(capsys: pytest.CaptureFixture[str]) -> None:
    flaw = {"id": "PYSEC-1", "fix_versions": ["2.0"]}

    assert loaded("audit").judge([{"name": "old", "version": "1.0", "vulns": [flaw]}]) == 1
    assert "old 1.0: PYSEC-1, mended in 2.0" in capsys.readouterr().out


def test_what_could_not_be_asked_about_is_said_loudly_and_fails_nobody(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = [{"name": "known", "version": "1.0", "vulns": []}, {"name": "other", "skip_reason": "not found"}]

    assert loaded("audit").judge(asked) == 0
    assert "NOT AUDITED" in capsys.readouterr().err
