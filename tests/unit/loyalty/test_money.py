"""Money between the wire and the ledger: exact, rounded once, half to even."""

from decimal import Decimal

import pytest

from services.loyalty.domain.money import NoExchangeRate, from_minor, to_minor

from .story import program

RATES = {"KWD": "3.25", "JPY": "0.0067", "SAR": "0.266667", "EUR": "1.085"}
DOLLARS = program(rates=RATES)
DINARS = program(currency=("KWD", 3), rates={"USD": "0.3077"})
YEN = program(currency=("JPY", 0), rates={"USD": "149.25"})


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("29.33", "USD", 29_33),
        ("29.3", "USD", 29_30),
        ("29", "USD", 29_00),
        ("0", "USD", 0),
        ("1.001", "KWD", 3_25),
        ("100", "SAR", 26_67),
        ("15000", "JPY", 100_50),
        ("99999999999999.99", "USD", 9999999999999999),
    ],
)
def test_amounts_become_cents(amount: str, currency: str, minor: int) -> None:
    assert to_minor(Decimal(amount), currency, DOLLARS) == minor


@pytest.mark.parametrize(("amount", "minor"), [("1", 1_08), ("3", 3_26), ("1.0001", 1_09)])
def test_half_a_cent_goes_to_the_even_one(amount: str, minor: int) -> None:
    assert to_minor(Decimal(amount), "EUR", DOLLARS) == minor


def test_a_base_currency_with_three_decimals_keeps_them() -> None:
    assert to_minor(Decimal("12.345"), "KWD", DINARS) == 12_345
    assert to_minor(Decimal("10.00"), "USD", DINARS) == 3_077


def test_a_base_currency_without_decimals_has_none() -> None:
    assert to_minor(Decimal("1250"), "JPY", YEN) == 1250
    assert to_minor(Decimal("10.00"), "USD", YEN) == 1492


def test_a_currency_without_a_rate_is_named() -> None:
    with pytest.raises(NoExchangeRate, match="GBP") as caught:
        to_minor(Decimal("1"), "GBP", DOLLARS)
    assert caught.value.currency == "GBP"


def test_minor_units_are_written_with_all_decimals() -> None:
    assert str(from_minor(29_30, DOLLARS)) == "29.30"
    assert str(from_minor(0, DOLLARS)) == "0.00"
    assert str(from_minor(-5, DOLLARS)) == "-0.05"
    assert str(from_minor(12_345, DINARS)) == "12.345"
    assert str(from_minor(1250, YEN)) == "1250"


def test_points_are_counted_in_units_whatever_the_decimals_of_the_currency() -> None:
    assert DOLLARS.points(29_99, 0) == 29
    assert DINARS.points(29_999, 0) == 29
    assert YEN.points(29, 0) == 29
