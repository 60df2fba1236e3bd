"""Money: a decimal string and a currency, never a float."""

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import ValidationError, validates_schema

from wafa.contracts.currencies import DECIMALS, codes_with
from wafa.contracts.fields import Choice, Text
from wafa.contracts.schema import Contract

AMOUNT = r"^[0-9]{1,12}(\.[0-9]{1,4})?$"
SIGNED_AMOUNT = r"^-?[0-9]{1,15}(\.[0-9]{1,4})?$"


def _amount_with(decimals: int) -> dict[str, Any]:
    pattern = r"^[^.]*$" if decimals == 0 else rf"^[^.]*(\.[0-9]{{1,{decimals}}})?$"
    return {"properties": {"amount": {"pattern": pattern}}}


def _currency_among(codes: list[str]) -> dict[str, Any]:
    return {"properties": {"currency": {"enum": codes}}}


class _AnyMoney(Contract):
    rules: ClassVar[Mapping[str, Any]] = {
        "if": _currency_among(codes_with(0)),
        "then": _amount_with(0),
        "else": {
            "if": _currency_among(codes_with(3)),
            "then": _amount_with(3),
            "else": _amount_with(2),
        },
    }

    @validates_schema
    def _decimals_of_the_currency(self, data: Mapping[str, Any], **kwargs: Any) -> None:
        amount, currency = data["amount"], data["currency"]
        given, allowed = len(amount.partition(".")[2]), DECIMALS[currency]
        if given > allowed:
            raise ValidationError(
                f"{currency} has {allowed} decimals; {amount} has {given}", field_name="amount"
            )


def _currency() -> Choice:
    return Choice(
        "ISO 4217 code of a currency in use.",
        DECIMALS,
        required=True,
        error="must be the ISO 4217 code of a currency in use, such as SAR",
    )


class Money(_AnyMoney):
    """An amount of money, not negative."""

    amount = Text(
        "Decimal string, with no more decimals than the currency has: `29.33`, KWD `12.500`, JPY `1500`.",
        max=17,
        pattern=AMOUNT,
        expected='must be a decimal string such as "29.33": no sign, no thousands separators',
        required=True,
    )
    currency = _currency()


class Balance(_AnyMoney):
    """A sum of money; negative where more went out than came in."""

    amount = Text(
        "Decimal string, with no more decimals than the currency has; may be negative.",
        max=21,
        pattern=SIGNED_AMOUNT,
        expected='must be a decimal string such as "29.33" or "-5.00"',
        required=True,
    )
    currency = _currency()
