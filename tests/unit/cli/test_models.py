"""`wafa models evaluate`, as people and scripts call it."""

import json

import pytest
from click.testing import CliRunner

from wafa.cli import cli

HEAD = "customer,date,amount\n"


@pytest.fixture
def shop(tmp_path):
    """A year of customers with a rhythm each."""
    lines = [
        f"c{customer},{2024 if day < 366 else 2025}-{1 + day % 366 // 31:02}-{1 + day % 31:02},9.5"
        for customer in range(60)
        for day in range(customer, 340, 5 + customer)
    ]
    path = tmp_path / "shop.csv"
    path.write_text(HEAD + "\n".join(line for line in lines if "-02-3" not in line and "-31," not in line))
    return path


def run(*arguments):
    return CliRunner().invoke(cli, ["models", "evaluate", *map(str, arguments)])


def test_a_script_gets_every_figure_and_a_person_a_table_and_a_picture(shop, tmp_path):
    told = run(shop, "--cut", "2024-08-15", "--horizon", 28, "--json", "--plots", tmp_path / "pictures")
    assert told.exit_code == 0, told.stderr
    [file] = json.loads(told.stdout)["files"]
    [row] = file["cuts"][0]["horizons"]
    assert (row["cut"], row["horizon"]) == ("2024-08-15", 28)
    assert row["methods"].keys() == {"recency", "frequency", "rank_sum", "bgnbd", "wafa"}
    assert row["methods"]["wafa"].keys() >= {"auc", "lift_10", "lift_20", "brier", "purchases_to_actual"}
    picture = tmp_path / "pictures" / "calibration-shop.png"
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_due_dates_are_judged_beside_the_mean_interval(shop):
    told = run(shop, "--cut", "2024-08-15", "--horizon", 28, "--json")
    [cut] = json.loads(told.stdout)["files"][0]["cuts"]
    assert [one["meant"] for one in cut["due"]["at_purchase"]] == [0.5, 0.8]
    assert "due dates by the rhythm known until 2024-08-15" in run(shop, "--cut", "2024-08-15").stdout


def test_cuts_and_horizons_are_chosen_where_none_is_told(shop):
    told = run(shop, "--horizon", 7)
    assert told.exit_code == 0, told.stderr
    assert told.stdout.count("predicted for 7 days") == 3
    assert "rank sum" in told.stdout


@pytest.mark.parametrize(
    ("text", "arguments", "words"),
    [
        ("who,date,amount\na,2024-01-01,1\n", [], "--customer COLUMN"),
        (HEAD + "a,2024-01-01,1\na,2024-01-03,1\n", [], "3 days of purchases are too few"),
        (HEAD + "a,2024-01-01,1\na,2024-06-03,1\n", ["--cut", "2023-01-01"], "cut 2023-01-01: nobody"),
        (HEAD + "a,2024-01-01,1\n", ["--cut", "yesterday"], "--cut"),
        (HEAD + "a,2024-01-01,1\n", ["--cut", "0001-01-01", "--horizon", "7"], "cut 0001-01-01: nobody"),
        (HEAD + "a,2024-01-01,1\n", ["--cut", "9999-12-31", "--horizon", "7"], "purchases end before"),
        (HEAD + "a,31/01/2024,1\n", ["--date-format", "%"], "line 2, date: '31/01/2024' is not of"),
        ("who\x1b[2J,date,amount\na,2024-01-01,1\n", [], "there are who\N{REPLACEMENT CHARACTER}[2J, date"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_told_in_a_sentence(tmp_path, text, arguments, words):
    path = tmp_path / "bad.csv"
    path.write_text(text)
    told = run(path, *arguments)
    assert told.exit_code != 0
    assert words in told.stderr.replace("\n", " ")
    assert "Traceback" not in told.output
