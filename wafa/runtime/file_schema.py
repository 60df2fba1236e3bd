"""Schemas for files that people edit: every mistake is named with its place, and with what was expected.

Values are texts, as `marked_yaml` reads them, or JSON's own numbers and booleans where the content came by
another way.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

from marshmallow import Schema, ValidationError, fields

from wafa.runtime.marked_yaml import Place

#: Entries of a table that are told to be wrong; what stands behind them is not looked at.
MOST_WRONG = 20
#: What stands for "this text will not do".
REFUSED = object()


class Rules(Schema):
    """A mapping with the fields of the schema and no others."""

    error_messages: ClassVar[dict[str, str]] = {  # type: ignore[misc]
        "type": "expected a mapping, that is lines of `name: value`",
        "unknown": "is not a name that is known here",
    }


class Scalar(fields.Field[Any]):
    """One value, made of its text by `make`, which returns `REFUSED` where the text will not do."""

    def __init__(self, expected: str, make: Callable[[str], Any], **options: Any) -> None:
        options.setdefault("required", "load_default" not in options)
        super().__init__(error_messages={"required": f"is missing, expected {expected}"}, **options)
        self._expected, self._make = expected, make

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = _text_of(value)
        made = REFUSED if text is None else self._make(text)
        if made is REFUSED:
            raise ValidationError(f"expected {self._expected}, not {shown(value)}")
        return made


def text(expected: str, pattern: str, **options: Any) -> Scalar:
    """Return the field of a text of this form."""
    return Scalar(expected, lambda one: one if re.fullmatch(pattern, one) else REFUSED, **options)


def word(*words: str, **options: Any) -> Scalar:
    """Return the field of one of these words."""
    return Scalar(_either(words), lambda one: one if one in words else REFUSED, **options)


def whole(least: int, most: int, **options: Any) -> Scalar:
    """Return the field of a whole number."""

    def make(one: str) -> Any:
        return int(one) if re.fullmatch("[0-9]{1,9}", one) and least <= int(one) <= most else REFUSED

    return Scalar(f"a whole number from {least} to {most}", make, **options)


def flag(**options: Any) -> Scalar:
    """Return the field of `true` or `false`."""
    return Scalar("true or false", lambda one: {"true": True, "false": False}.get(one, REFUSED), **options)


def part(schema: type[Rules], **options: Any) -> fields.Nested:
    """Return the field of a mapping with a schema of its own."""
    options.setdefault("required", "load_default" not in options)
    names = ", ".join(schema().fields)
    return fields.Nested(schema, error_messages={"required": f"is missing, expected {names}"}, **options)


def listed(inner: fields.Field[Any], expected: str, **options: Any) -> fields.List[Any]:
    """Return the field of a list."""
    options.setdefault("required", "load_default" not in options)
    told: dict[str, Any] = {"required": f"is missing, expected {expected}", "invalid": f"expected {expected}"}
    return fields.List(inner, error_messages=told, **options)


class Table(fields.Field[dict[str, Any]]):
    """A mapping whose names are such as a field allows; unlike `Dict`'s, mistakes are told by name alone."""

    def __init__(self, keys: fields.Field[Any], values: fields.Field[Any], expected: str, **options: Any):
        options.setdefault("required", "load_default" not in options)
        super().__init__(error_messages={"required": f"is missing, expected {expected}"}, **options)
        self._keys, self._values, self._expected = keys, values, expected

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValidationError(f"expected {self._expected}, not {shown(value)}")
        made: dict[str, Any] = {}
        wrong: dict[str, Any] = {}
        for name, inner in value.items():
            try:
                made[str(self._keys.deserialize(name))] = self._values.deserialize(inner)
            except ValidationError as error:
                wrong[name] = error.messages
                if len(wrong) == MOST_WRONG:
                    break
        if wrong:
            raise ValidationError(wrong)
        return made


def mistakes(messages: Mapping[Any, Any], place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Yield each message of a `ValidationError` with its place."""
    for key, inner in messages.items():
        # marshmallow's own name for a schema as a whole.
        here = place if key == "_schema" else (*place, key)
        if isinstance(inner, Mapping):
            yield from mistakes(inner, here)
        else:
            yield from ((here, message) for message in inner)


def path_of(place: Place) -> str:
    """Return a place as people read it: `steps[2].message.channels`."""
    return "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in place).lstrip(".")


def shown(value: Any) -> str:
    """Return a value as a message shows it."""
    if isinstance(value, str):
        return repr(value if len(value) <= 60 else f"{value[:60]}…") if value else "nothing"
    if value is None or isinstance(value, bool | int | float):
        return "nothing" if value is None else str(value).lower()
    return "a list" if isinstance(value, list) else "a mapping"


def _text_of(value: Any) -> str | None:
    if isinstance(value, bool | int):
        return str(value).lower()
    return value if isinstance(value, str) else None


def _either(words: tuple[str, ...]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))
