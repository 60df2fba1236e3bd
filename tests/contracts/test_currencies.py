"""Amounts in the smallest unit of a currency, as the contract writes them."""

import pytest

from wafa.contracts.currencies import DECIMALS, money_of


@pytest.mark.parametrize(
    ("minor", "currency", "amount"),
    [(2933, "USD", "29.33"), (5, "SAR", "0.05"), (12500, "KWD", "12.500"), (1500, "JPY", "1500")],
)
def test_an_amount_has_the_decimals_of_its_currency(minor: int, currency: str, amount: str) -> None:
    assert money_of(minor, currency) == {"amount": amount, "currency": currency}


@pytest.mark.parametrize("currency", DECIMALS)
def test_no_amount_is_written_with_an_exponent(currency: str) -> None:
    assert "E" not in money_of(0, currency)["amount"] + money_of(10**15, currency)["amount"]
