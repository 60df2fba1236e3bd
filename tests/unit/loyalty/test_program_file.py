"""The program file: a mistake stops the service with a message that names the line."""

from decimal import Decimal
from pathlib import Path

import pytest

from services.loyalty.program_file import ProgramError, load_program

SHIPPED = Path(__file__).parents[3] / "deploy" / "config" / "loyalty.yml"

RIGHT = """\
base_currency: USD
earn_rate: 1
expiry_months: 18
recognition: {different_days: 2}
tiers:
  - code: member
    titles: {ar: عضو, en: Member}
    threshold: 0
    multiplier: 1
    hold_days: 0
  - code: silver
    titles: {ar: فضي, en: Silver}
    threshold: 99.50
    multiplier: 1.1
    hold_days: 90
rates:
  SAR: 0.266667
  NOK: 0.094
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "loyalty.yml"


def refused(file: Path, text: str | bytes) -> list[str]:
    """The lines of the message, without the path that each begins with."""
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ProgramError) as caught:
        load_program(file)
    lines = str(caught.value).splitlines()
    assert all(line.startswith(f"{file}") for line in lines)
    return [line.removeprefix(f"{file}").removeprefix(", ").removeprefix(": ") for line in lines]


def test_a_right_file_is_a_program(file: Path) -> None:
    file.write_text(RIGHT, encoding="utf-8")
    program = load_program(file)
    assert (program.base_currency, program.base_digits, program.earn_rate) == ("USD", 2, Decimal(1))
    assert (program.expiry_months, program.recognition_days) == (18, 2)
    silver = program.tiers[1]
    assert (silver.code, silver.titles["ar"], silver.threshold, silver.hold_days) == (
        "silver",
        "فضي",
        9950,
        90,
    )


def test_the_file_that_is_shipped_is_right() -> None:
    program = load_program(SHIPPED)
    assert [tier.code for tier in program.tiers] == ["member", "silver", "gold", "platinum"]
    assert {"SAR", "AED", "EGP", "KWD", "EUR", "GBP"} <= program.rates.keys()


def test_decimals_are_what_is_written_never_binary_floats(file: Path) -> None:
    file.write_text(RIGHT, encoding="utf-8")
    program = load_program(file)
    assert program.tiers[1].multiplier == Decimal("1.1")
    assert program.rates["SAR"] == Decimal("0.266667")


def test_a_number_may_stand_in_quotes_and_a_country_may_be_norway(file: Path) -> None:
    file.write_text(RIGHT.replace("1.1", '"1.1"'), encoding="utf-8")
    assert load_program(file).tiers[1].multiplier == Decimal("1.1")
    assert "NOK" in load_program(file).rates


def test_the_base_currency_sets_the_decimals_of_thresholds(file: Path) -> None:
    file.write_text(RIGHT.replace("USD", "KWD").replace("99.50", "99.505"), encoding="utf-8")
    assert load_program(file).tiers[1].threshold == 99_505
    assert refused(file, RIGHT.replace("USD", "JPY")) == [
        "line 13: tiers[1].threshold: expected at most 0 decimals, as JPY has"
    ]


AMOUNT = "an amount of the base currency (from 0 to 1000000000000)"
MULTIPLIER = "a decimal number such as 1.25 (above 0, at most 100)"
RATE = "the worth of 1 unit in the base currency (above 0, at most 1000000000)"
CURRENCY = "an ISO 4217 currency such as USD"


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        (
            "base_currency: USD",
            "base_currency: XYZ",
            f"line 1: base_currency: expected {CURRENCY}, not 'XYZ'",
        ),
        (
            "base_currency: USD",
            "base_currency: [USD]",
            f"line 1: base_currency: expected {CURRENCY}, not a list",
        ),
        ("base_currency: USD\n", "", f"line 1: base_currency: is missing, expected {CURRENCY}"),
        (
            "months: 18",
            "months: 1.5",
            "line 3: expiry_months: expected a whole number from 1 to 120, not '1.5'",
        ),
        ("months: 18", "months: 0", "line 3: expiry_months: expected a whole number from 1 to 120, not '0'"),
        (
            "months: 18",
            "months:",
            "line 3: expiry_months: expected a whole number from 1 to 120, not nothing",
        ),
        (
            "{different_days: 2}",
            "two",
            "line 4: recognition: expected a mapping, that is lines of `name: value`",
        ),
        ("    threshold: 99.50\n", "", f"line 11: tiers[1].threshold: is missing, expected {AMOUNT}"),
        ("99.50", "-1", f"line 13: tiers[1].threshold: expected {AMOUNT}, not '-1'"),
        ("99.50", "0", "line 13: tiers[1].threshold: expected more than 0, that of member"),
        ("99.50", "1e3", f"line 13: tiers[1].threshold: expected {AMOUNT}, not '1e3'"),
        (
            "threshold: 0",
            "threshold: 5",
            "line 8: tiers[0].threshold: expected 0: everyone starts in the first tier",
        ),
        ("multiplier: 1.1", "multiplier: 0", f"line 14: tiers[1].multiplier: expected {MULTIPLIER}, not '0'"),
        (
            "multiplier: 1.1",
            "multiplier: .inf",
            f"line 14: tiers[1].multiplier: expected {MULTIPLIER}, not '.inf'",
        ),
        ("code: silver", "code: member", "line 11: tiers[1].code: expected a code that no other tier has"),
        (
            "code: silver",
            "code: فضي",
            "line 11: tiers[1].code: expected a short name of a-z, 0-9 and _, not 'فضي'",
        ),
        ("ar: فضي, ", "", "line 12: tiers[1].titles.ar: is missing, expected the title in Arabic"),
        ("hold_days: 90", "hold_day: 90", "line 15: tiers[1].hold_day: is not a name that is known here"),
        ("  SAR: 0.266667", "  SAR: -0.26", f"line 17: rates.SAR: expected {RATE}, not '-0.26'"),
        ("  SAR: 0.266667", "  RIYAL: 0.26", f"line 17: rates.RIYAL: expected {CURRENCY}, not 'RIYAL'"),
        ("  SAR: 0.266667", "  USD: 1", "line 17: rates.USD: is the base currency, expected no rate for it"),
        ("earn_rate: 1\n", "earn_rate: 1\nearn_rate: 2\n", "line 3: 'earn_rate' is there already"),
        ("  NOK: 0.094", "  SAR: 0.094", "line 18: 'SAR' is there already"),
        ("earn_rate: 1", "? [a]\n: 1", "line 2: expected a text for a name"),
        ("earn_rate: 1", "earn_rate: 1: 2", "line 2: is no YAML: mapping values are not allowed here"),
        ("earn_rate: 1", "earn_rate: \x07", "line 2: expected no control characters"),
        ("code: member", "code: &a [*a]", "is nested too deeply, or refers to itself"),
    ],
)
def test_a_mistake_is_named_with_line_field_and_what_was_expected(
    file: Path, right: str, wrong: str, message: str
) -> None:
    assert RIGHT.count(right) == 1
    assert message in refused(file, RIGHT.replace(right, wrong))


def test_every_mistake_is_told_at_once_in_the_order_of_the_lines(file: Path) -> None:
    text = RIGHT.replace("earn_rate: 1", "earn_rate: one").replace("0.094", "free")
    assert [line.split(":")[0] for line in refused(file, text)] == ["line 2", "line 18"]


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "- a list\n", "just words\n"])
def test_a_file_of_something_else_is_told_so(file: Path, text: str) -> None:
    assert refused(file, text) == ["line 1: expected a mapping, that is lines of `name: value`"]


def test_a_program_needs_a_tier(file: Path) -> None:
    text = RIGHT[: RIGHT.index("tiers:")] + "tiers: []\n"
    assert refused(file, text) == ["line 5: tiers: expected at least one tier"]
    text = RIGHT[: RIGHT.index("tiers:")] + "tiers: gold\n"
    assert refused(file, text) == ["line 5: tiers: expected a list, each tier beginning with `-`"]


def test_text_that_is_not_utf_8_is_told_with_its_line(file: Path) -> None:
    assert refused(file, "base_currency: USD\n# فضي\n".encode("cp1256")) == ["line 2: expected text in UTF-8"]


def test_a_file_that_is_not_there_is_told_by_its_path(file: Path) -> None:
    with pytest.raises(ProgramError, match=r"loyalty\.yml: cannot be read: No such file or directory"):
        load_program(file)
