"""What people are told of the environment is complete and true."""

import dataclasses
import os
import re
from pathlib import Path

import pytest

from wafa.runtime.settings import Settings, load_settings
from wafa.services import PROCESSES

ROOT = Path(__file__).parents[3]
EXAMPLE = (ROOT / ".env.example").read_text("utf-8")
FILES = ("docker-compose.yml", "deploy/amqp.yml", "deploy/tls.yml", "deploy/traces.yml")
COMPOSE = "".join((ROOT / name).read_text("utf-8") for name in FILES)
OPERATING = (ROOT / "docs" / "operating.md").read_text("utf-8")
LOCAL = {"WAFA_STATE"}
#: Whose passwords deploy/secrets.sh hands on to containers.
USERS = (*PROCESSES, "publisher", "backup", "rabbitmq_admin", "mongodb_admin", "grafana_admin")
#: Read by Compose itself.
OF_COMPOSE = {"COMPOSE_FILE"}


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment without any variable of Wafa."""
    for name in list(os.environ):
        if name.startswith(("WAFA_", "AMQP_", "MONGODB_")):
            monkeypatch.delenv(name)
    return monkeypatch


def example() -> dict[str, str]:
    return dict(re.findall(r"^#?([A-Z][A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE))


def of_compose() -> set[str]:
    return set(re.findall(r"\$\{(\w+)", COMPOSE)) | {f"{user.upper()}_PASSWORD" for user in USERS}


def test_every_setting_is_seen_here(settings: dict[str, str]) -> None:
    assert set(settings.values()) == {field.name for field in dataclasses.fields(Settings)}


def test_the_example_has_every_variable_and_no_other(settings: dict[str, str]) -> None:
    own = {name for name in example() if not name.startswith("OTEL_")}
    assert own == settings.keys() | of_compose() | OF_COMPOSE | LOCAL


def test_the_example_shows_the_defaults(bare: pytest.MonkeyPatch, settings: dict[str, str]) -> None:
    defaults = load_settings()
    for name, value in example().items():
        if name in settings:
            bare.setenv(name, value)
    shown = load_settings()
    files = {name: getattr(defaults, name) for name in ("loyalty_program", "outreach")}
    assert {name: ROOT / getattr(shown, name) for name in files} == files
    assert dataclasses.replace(shown, **files) == defaults


def test_the_example_shows_the_defaults_of_the_compose_file() -> None:
    for name, value in re.findall(r"\$\{(\w+):-([^}]*)\}", COMPOSE):
        shown = re.findall(rf"^#{name}=(.*)$", EXAMPLE, re.MULTILINE)
        if not name.startswith(
            "WAFA_"
        ):  # the services' own defaults differ in containers, and the text says so
            assert shown == [value]


def test_the_operators_page_has_every_variable(settings: dict[str, str]) -> None:
    told = set(re.findall(r"`([A-Z][A-Z_]{3,})`", OPERATING))
    assert (settings.keys() | of_compose() | OF_COMPOSE | LOCAL) - told == set()


def test_the_operators_page_has_every_metric() -> None:
    """Those that are counted anywhere in the code, and none that is not."""
    counted = {
        name
        for folder in ("wafa", "services")
        for path in (ROOT / folder).rglob("*.py")
        for name in re.findall(r'(?:Counter|Gauge|Histogram)\(\s*"(wafa_\w+)"', path.read_text("utf-8"))
    }
    assert counted
    told = {re.sub(r"_(bucket|sum|count)$", "", name) for name in re.findall(r"\bwafa_\w+", OPERATING)}
    databases = {"wafa_customers", "wafa_interactions", "wafa_loyalty", "wafa_notifications", "wafa_"}
    assert told - databases == counted


def test_the_operators_page_has_every_reason_of_a_refusal() -> None:
    given = {
        reason
        for folder in ("wafa", "services")
        for path in (ROOT / folder).rglob("*.py")
        for reason in re.findall(r'(?:Problem|Unreadable|Refused)\(\s*"(\w+)"', path.read_text("utf-8"))
    }
    assert given
    assert {reason for reason in given if f"`{reason}`" not in OPERATING} == set()
