"""A setting that cannot be used stops the process with words that name it."""

import os

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
