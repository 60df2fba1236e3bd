"""A setting that cannot be used stops the process with words that name it."""

import os
from pathlib import Path

import pytest

from wafa.runtime.settings import SettingsError, load_settings


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("AMQP_", "MONGODB_", "WAFA_"))]:
        monkeypatch.delenv(name)


def test_nothing_need_be_set_on_a_developers_machine() -> None:
    settings = load_settings()

    assert settings.loyalty_program.exists()
    assert settings.database("loyalty") == "wafa_loyalty"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("AMQP_URI", "localhost:5672", "amqp://"),
        ("MONGODB_URI", "http://db", "mongodb://"),
        ("WAFA_HTTP_PORT", "http", "integer"),
        ("WAFA_HTTP_PORT", "70000", "65535"),
        ("WAFA_LOG_LEVEL", "LOUD", "DEBUG"),
        ("WAFA_BATCH_EVENTS", "0", "1"),
        ("WAFA_DATABASE_PREFIX", "a/b", ""),
    ],
)
def test_a_wrong_value_is_named_with_what_was_expected(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, expected: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert name in str(caught.value)
    assert expected in str(caught.value)


def test_all_wrong_values_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAFA_HTTP_PORT", "http")
    monkeypatch.setenv("AMQP_URI", "localhost")

    with pytest.raises(SettingsError, match=r"AMQP_URI(.|\n)*WAFA_HTTP_PORT"):
        load_settings()


def test_a_value_comes_from_the_file_that_a_variable_leads_to(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "uri").write_text("mongodb://loyalty:secret@db/\n")
    monkeypatch.setenv("MONGODB_URI_FILE", str(tmp_path / "uri"))

    assert load_settings().mongodb_uri == "mongodb://loyalty:secret@db/"

    monkeypatch.setenv("MONGODB_URI", "mongodb://elsewhere/")
    assert load_settings().mongodb_uri == "mongodb://elsewhere/"


def test_a_file_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WAFA_LINK_SECRET_FILE", str(tmp_path / "nothing"))

    with pytest.raises(SettingsError, match="WAFA_LINK_SECRET_FILE"):
        load_settings()


def test_an_empty_file_is_as_a_variable_that_is_not_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("\n")
    monkeypatch.setenv("WAFA_SMS_SECRET_FILE", str(tmp_path / "secret"))

    assert load_settings().sms_secret == ""
