"""`wafa recommendations`: files are measured, and what is wrong in one is named."""

import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.unit.loyalty.shop_of_habits import habits
from wafa.cli import cli


def run(*words: str) -> tuple[int, str]:
    told = CliRunner().invoke(cli, ["recommendations", *words])
    return told.exit_code, told.output


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "purchases.csv"
    lines = [
        f"c{number},{date.fromordinal(one.day)},{line.sku},{line.category}"
        for number, baskets in enumerate(habits(60))
        for one in baskets
        for line in one.lines
    ]
    path.write_text("\n".join(["customer,date,sku,category", *lines]))
    return path


def test_a_file_is_measured_at_three_cuts_against_what_is_most_popular(file: Path) -> None:
    code, printed = run("evaluate", str(file), "--json")
    assert code == 0
    found = json.loads(printed)
    assert len(found) == 3
    for one in found:
        rates = one["next_basket"]
        assert list(rates) == ["most popular", "own most frequent", "bought together", "ours"]
        assert rates["ours"]["hit_rate_5"] > rates["most popular"]["hit_rate_5"]
        assert rates["ours"]["baskets"] == one["customers"]


def test_people_get_a_table(file: Path) -> None:
    code, printed = run("evaluate", str(file))
    assert code == 0
    assert "most popular" in printed
    assert "recall at 10" in printed


def test_a_file_of_categories_alone_is_enough(tmp_path: Path, file: Path) -> None:
    path = tmp_path / "categories.csv"
    path.write_text(file.read_text().replace("date,sku,category", "date,category,kind"))
    assert run("evaluate", str(path))[0] == 0


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("customer,date\n1,2024-01-01\n", "sku or category"),
        ("customer,date,sku\n", "no purchase"),
        ("customer,date,sku\n1,01/02/2024,tea\n", "line 2, date"),
        ("customer,date,sku\n1,2024-01-01,\n", "line 2: a customer and an article"),
        ("\ufeffcustomer,date,sku\r\n1,2024-01-01,tea\r\n\r\n1,,tea\r\n", "line 4, date: '', expected YYYY"),
        ("customer,date,sku\n1,2024-01-01,tea\n", "nobody in it comes back"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_in_a_sentence(tmp_path: Path, text: str, wrong: str) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text(text)
    code, printed = run("evaluate", str(path))
    assert code == 1
    assert wrong in printed.replace("\n", " ")
