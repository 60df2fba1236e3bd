"""`wafa insights`: tables for people, JSON for scripts, pictures for whoever asks for them."""

import json
from pathlib import Path
from typing import Any, Self

import pytest
from click.testing import CliRunner

from tests.unit.loyalty.test_insights import member, page
from wafa.cli import cli, insights

PAGES = {
    None: page([member("2025-12-05", "2026-01-07", spend=1_234_56, tier="silver", standing="at_risk")])
    | {"next": "b"},
    "b": page([member("2026-01-01"), member("2026-01-31", "2026-02-01")]),
}


class Loyalty:
    """Answers as loyalty does, page by page."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def call(self, service: str, method: str, *, after: str | None) -> dict[str, Any]:
        assert (service, method) == ("loyalty", "insights")
        return PAGES[after]


@pytest.fixture(autouse=True)
def loyalty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(insights, "client", Loyalty)


def run(*words: str) -> tuple[int, str]:
    told = CliRunner().invoke(cli, ["insights", *words])
    return told.exit_code, told.output


def test_all_pages_are_counted() -> None:
    code, printed = run("--json")
    found = json.loads(printed)
    assert (code, found["members"], found["repeat"]) == (0, 3, 2)
    assert [row["spend"] for row in found["tiers"]] == ["1234.56", "20.00"]


def test_people_get_tables() -> None:
    code, printed = run()
    assert code == 0
    for told in (
        "3 members",
        "66.7%",
        "median 17 days",
        "1 at risk",
        "2026-03 (running)",
        "silver",
        "1234.56",
    ):
        assert told in printed


def test_pictures_are_drawn_into_a_folder(tmp_path: Path) -> None:
    code, _ = run("--png", str(tmp_path))
    assert code == 0
    drawn = {path.name: path.read_bytes()[:4] for path in tmp_path.iterdir()}
    assert drawn == dict.fromkeys(("retention.png", "months.png", "tiers.png"), b"\x89PNG")


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    code, printed = run("--png", str(tmp_path / "none"))
    assert code == 2
    assert "does not exist" in printed
