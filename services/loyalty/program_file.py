"""The loyalty program as a file: YAML that people edit, every mistake in which is named with its line."""

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from services.loyalty.domain.program import Program, Tier
from wafa.contracts.currencies import DECIMALS
from wafa.runtime.file_schema import (
    REFUSED,
    Rules,
    Scalar,
    Table,
    listed,
    mistakes,
    part,
    path_of,
    text,
    whole,
)
from wafa.runtime.marked_yaml import BrokenFile, read_marked
from wafa.runtime.settings import SettingsError


class ProgramError(SettingsError):
    """The program file cannot be used. The message names file, line, field and what was expected instead."""


def load_program(path: Path) -> Program:
    """Read the program.

    Raises:
        ProgramError: the file cannot be read, is no YAML, or breaks a rule; a line of text for each mistake.
    """
    try:
        file = read_marked(path)
        return _program(_ProgramSchema().load(file.content))
    except BrokenFile as error:
        where = f"{path}, line {error.line}" if error.line else f"{path}"
        raise ProgramError(f"{where}: {error}") from None
    except ValidationError as error:
        found = sorted(
            (file.line(place), path_of(place), told) for place, told in mistakes(error.messages_dict)
        )
        lines = (f"{path}, line {line}: {f'{name}: ' if name else ''}{told}" for line, name, told in found)
        raise ProgramError("\n".join(lines)) from None


def _program(rules: dict[str, Any]) -> Program:
    currency = rules["base_currency"]
    return Program(
        base_currency=currency,
        base_digits=DECIMALS[currency],
        earn_rate=rules["earn_rate"],
        tiers=tuple(
            Tier(
                code=tier["code"],
                titles=tier["titles"],
                threshold=int(tier["threshold"].scaleb(DECIMALS[currency])),
                multiplier=tier["multiplier"],
                hold_days=tier["hold_days"],
            )
            for tier in rules["tiers"]
        ),
        recognition_days=rules["recognition"]["different_days"],
        expiry_months=rules["expiry_months"],
        rates=rules["rates"],
    )


def _currency() -> Scalar:
    return Scalar("an ISO 4217 currency such as USD", lambda one: one if one in DECIMALS else REFUSED)


def _decimal(expected: str, most: int, *, zero: bool = False) -> Scalar:
    def make(one: str) -> Any:
        if not re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,15})?", one):
            return REFUSED
        number = Decimal(one)
        return number if number <= most and (number or zero) else REFUSED

    bounds = f"from 0 to {most}" if zero else f"above 0, at most {most}"
    return Scalar(f"{expected} ({bounds})", make)


class _TitlesSchema(Rules):
    ar = text("the title in Arabic", r".*\S.*")
    en = text("the title in English", r".*\S.*")


class _TierSchema(Rules):
    code = text("a short name of a-z, 0-9 and _", "[a-z][a-z0-9_]{0,31}")
    titles = part(_TitlesSchema)
    threshold = _decimal("an amount of the base currency", 10**12, zero=True)
    multiplier = _decimal("a decimal number such as 1.25", 100)
    hold_days = whole(0, 3660)


class _RecognitionSchema(Rules):
    different_days = whole(1, 365)


class _ProgramSchema(Rules):
    base_currency = _currency()
    earn_rate = _decimal("points for 1 unit of the base currency", 10_000, zero=True)
    expiry_months = whole(1, 120)
    recognition = part(_RecognitionSchema)
    tiers = listed(
        fields.Nested(_TierSchema),
        "a list, each tier beginning with `-`",
        validate=validate.Length(min=1, error="expected at least one tier"),
    )
    rates = Table(
        _currency(),
        _decimal("the worth of 1 unit in the base currency", 10**9),
        "lines of `currency: rate`",
        load_default=dict,
    )

    @validates_schema(skip_on_field_errors=True)
    def _check_together(self, rules: dict[str, Any], **kwargs: Any) -> None:
        currency = rules["base_currency"]
        wrong: dict[int, dict[str, list[str]]] = {}
        for at, name, message in _misfits(rules["tiers"], currency):
            wrong.setdefault(at, {})[name] = [message]
        if wrong:
            raise ValidationError({"tiers": wrong})
        if currency in rules["rates"]:
            raise ValidationError({"rates": {currency: ["is the base currency, expected no rate for it"]}})


def _misfits(tiers: list[dict[str, Any]], currency: str) -> Iterator[tuple[int, str, str]]:
    """Yield what is wrong with tiers that are right one by one: which tier, which field, what is expected."""
    if tiers[0]["threshold"]:
        yield 0, "threshold", "expected 0: everyone starts in the first tier"
    for at, (lower, tier) in enumerate(pairwise(tiers), start=1):
        if tier["threshold"] <= lower["threshold"]:
            yield at, "threshold", f"expected more than {lower['threshold']}, that of {lower['code']}"
        if tier["code"] in (other["code"] for other in tiers[:at]):
            yield at, "code", "expected a code that no other tier has"
        if tier["threshold"].scaleb(DECIMALS[currency]) % 1:
            yield at, "threshold", f"expected at most {DECIMALS[currency]} decimals, as {currency} has"
