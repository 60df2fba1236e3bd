"""The loyalty program as a file: YAML that people edit, every mistake in which is named with its line."""

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from services.loyalty.domain.program import Program, Tier
from wafa.contracts.currencies import DECIMALS
from wafa.runtime.marked_yaml import BrokenFile, Place, read_marked
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
        mistakes = sorted(
            (file.line(place), _name(place), text) for place, text in _flat(error.messages_dict)
        )
        raise ProgramError(
            "\n".join(f"{path}, line {line}: {name}{text}" for line, name, text in mistakes)
        ) from None


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


class _Scalar(fields.Field[Any]):
    """One value, made of its text by `make`, which returns None where the text will not do."""

    def __init__(self, expected: str, make: Callable[[str], Any]) -> None:
        super().__init__(required=True, error_messages={"required": f"is missing, expected {expected}"})
        self._expected, self._make = expected, make

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        made = self._make(value) if isinstance(value, str) else None
        if made is None:
            raise ValidationError(f"expected {self._expected}, not {_shown(value)}")
        return made


def _text(expected: str, pattern: str) -> _Scalar:
    return _Scalar(expected, lambda text: text if re.fullmatch(pattern, text) else None)


def _currency() -> _Scalar:
    return _Scalar("an ISO 4217 currency such as USD", lambda text: text if text in DECIMALS else None)


def _whole(least: int, most: int) -> _Scalar:
    def make(text: str) -> int | None:
        return int(text) if re.fullmatch("[0-9]{1,9}", text) and least <= int(text) <= most else None

    return _Scalar(f"a whole number from {least} to {most}", make)


def _decimal(expected: str, most: int, *, zero: bool = False) -> _Scalar:
    def make(text: str) -> Decimal | None:
        if not re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,15})?", text):
            return None
        number = Decimal(text)
        return number if number <= most and (number or zero) else None

    bounds = f"from 0 to {most}" if zero else f"above 0, at most {most}"
    return _Scalar(f"{expected} ({bounds})", make)


class _Rules(Schema):
    """A mapping with the fields of the schema and no others."""

    error_messages: ClassVar[dict[str, str]] = {  # type: ignore[misc]
        "type": "expected a mapping, that is lines of `name: value`",
        "unknown": "is not a name that is known here",
    }


def _part(schema: type[_Rules]) -> fields.Nested:
    names = ", ".join(schema().fields)
    return fields.Nested(schema, required=True, error_messages={"required": f"is missing, expected {names}"})


class _TitlesSchema(_Rules):
    ar = _text("the title in Arabic", r".*\S.*")
    en = _text("the title in English", r".*\S.*")


class _TierSchema(_Rules):
    code = _text("a short name of a-z, 0-9 and _", "[a-z][a-z0-9_]{0,31}")
    titles = _part(_TitlesSchema)
    threshold = _decimal("an amount of the base currency", 10**12, zero=True)
    multiplier = _decimal("a decimal number such as 1.25", 100)
    hold_days = _whole(0, 3660)


class _RecognitionSchema(_Rules):
    different_days = _whole(1, 365)


class _ProgramSchema(_Rules):
    base_currency = _currency()
    earn_rate = _decimal("points for 1 unit of the base currency", 10_000, zero=True)
    expiry_months = _whole(1, 120)
    recognition = _part(_RecognitionSchema)
    tiers = fields.List(
        fields.Nested(_TierSchema),
        required=True,
        validate=validate.Length(min=1, error="expected at least one tier"),
        error_messages={
            "required": "is missing, expected a list of tiers",
            "invalid": "expected a list, each tier beginning with `-`",
        },
    )
    rates = fields.Dict(
        keys=_currency(),
        values=_decimal("the worth of 1 unit in the base currency", 10**9),
        load_default=dict,
        error_messages={"invalid": "expected lines of `currency: rate`"},
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


def _flat(messages: Mapping[Any, Any], place: Place = ()) -> Iterator[tuple[Place, str]]:
    for part, inner in messages.items():
        # marshmallow's own levels: for a schema as a whole, and for the two halves of an entry of a dict.
        here = place if part == "_schema" or (place[:1] == ("rates",) and len(place) == 2) else (*place, part)
        if isinstance(inner, Mapping):
            yield from _flat(inner, here)
        else:
            yield from ((here, text) for text in inner)


def _name(place: Place) -> str:
    name = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")
    return f"{name}: " if name else ""


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return f"{value!r}" if value else "nothing"
    return "a list" if isinstance(value, list) else "a mapping"
