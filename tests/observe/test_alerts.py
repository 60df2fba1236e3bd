"""Every alert fires by what it is for, lies still otherwise, and leads to words that say what to do."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.deploy.test_documents import anchors

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
RUNBOOK = "docs/operating.md"
GROUPS = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text("utf-8"))["groups"]
ALERTS: dict[str, dict[str, Any]] = {rule["alert"]: rule for group in GROUPS for rule in group["rules"]}
NAME = re.compile(r'alertname="(\w+)"')

each_alert = pytest.mark.parametrize("name", ALERTS)


def promtool(*arguments: str, folder: Path = PROMETHEUS) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["promtool", *arguments], cwd=folder, capture_output=True, text=True)


def test_prometheus_can_read_its_configuration_and_the_alerts() -> None:
    done = promtool("check", "config", "prometheus.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(ALERTS)} rules found" in done.stdout


def test_every_alert_fires_when_it_should_and_only_then() -> None:
    done = promtool("test", "rules", "alerts_test.yml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_alert_that_never_fires_is_found(tmp_path: Path) -> None:
    """The test above can fail: it waits for every single one."""
    expected = re.findall(r"exp: (\{.*)", told_with_every_alert_being("vector(0) > 1", tmp_path))
    assert {name for one in expected for name in NAME.findall(one)} == set(ALERTS)


def test_an_alert_that_fires_for_nothing_is_found(tmp_path: Path) -> None:
    """The other way round: of every single one there is a moment at which it must not fire."""
    unexpected = re.findall(r"exp: nil\s+got: (.*)", told_with_every_alert_being("vector(1)", tmp_path))
    assert {name for one in unexpected for name in NAME.findall(one)} == set(ALERTS)


def told_with_every_alert_being(expr: str, folder: Path) -> str:
    groups = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text("utf-8"))
    for rule in (rule for group in groups["groups"] for rule in group["rules"]):
        rule["expr"] = expr
    (folder / "alerts.yml").write_text(yaml.safe_dump(groups), "utf-8")
    (folder / "alerts_test.yml").write_bytes((PROMETHEUS / "alerts_test.yml").read_bytes())
    done = promtool("test", "rules", "alerts_test.yml", folder=folder)
    return done.stdout + done.stderr


@each_alert
def test_an_alert_says_how_urgent_it_is_what_it_means_and_what_to_do(name: str) -> None:
    rule = ALERTS[name]
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert set(rule["annotations"]) == {"summary", "description", "runbook"}
    document, _, anchor = rule["annotations"]["runbook"].partition("#")
    assert document == RUNBOOK
    assert anchor in anchors(ROOT / RUNBOOK)


@each_alert
def test_the_runbook_says_what_to_look_at_and_what_to_do_by_commands(name: str) -> None:
    text = (ROOT / RUNBOOK).read_text("utf-8")
    [entry] = re.findall(rf"^### {name}\n(.*?)(?=^##)", text, re.MULTILINE | re.DOTALL)
    assert [part in entry for part in ("**Means**", "**Look at**", "**Do**")] == [True] * 3
    assert "```" in entry or "](#" in entry


def test_the_runbook_knows_no_alert_that_is_gone() -> None:
    text = (ROOT / RUNBOOK).read_text("utf-8")
    [chapter] = re.findall(r"^## Alerts\n(.*?)(?=^## )", text, re.MULTILINE | re.DOTALL)
    assert re.findall(r"^### (\w+)$", chapter, re.MULTILINE) == [*ALERTS]
