"""Strict marshmallow fields that mean in Python exactly what their JSON Schema means elsewhere.

Nothing is converted: a string is only a string, a whole number neither `true` nor `"5"` nor `5.0`. An
optional field may be absent; it may not be `null`.
"""

import math
from collections.abc import Iterable
from typing import Any, ClassVar

from marshmallow import Schema, ValidationError, fields, validate
from marshmallow.types import ErrorMessages

from wafa.contracts.validators import NO_NUL, ONE_LINE, Matches, OneOf, kind_of

#: Elements of an array that are told to be wrong; what stands behind them is not looked at.
MOST_WRONG = 20

_WORDS: ErrorMessages = {
    "required": "is required",
    "null": "must not be null; leave the field out instead",
    "invalid": "must be {wanted}, not {kind}",
    "length": "must have {min} to {max} elements, not {length}",
}


class _Strict(fields.Field[Any]):
    """Takes a value of its own JSON type as it is, and refuses every other."""

    wanted: ClassVar[str]

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not self._fits(value):
            raise self.make_error("invalid", wanted=self.wanted, kind=kind_of(value))
        return value

    def _fits(self, value: object) -> bool:
        raise NotImplementedError


class Text(_Strict, fields.String):
    """A string of `min` to `max` characters (Unicode code points) that matches `pattern`."""

    wanted = "a string"

    def __init__(
        self,
        about: str,
        *,
        max: int,
        min: int = 1,
        pattern: str = NO_NUL,
        expected: str = "must not contain the NUL character",
        also: Iterable[validate.Validator] = (),
        required: bool = False,
        data_key: str | None = None,
        **metadata: Any,
    ) -> None:
        """Say what the string is about; `also` are further validators, `metadata` goes to the JSON Schema."""
        length = validate.Length(min, max, error=f"must have {min} to {max} characters")
        super().__init__(
            error_messages=_WORDS,
            required=required,
            data_key=data_key,
            validate=[length, Matches(pattern, expected, max), *also],
            metadata={"description": about, **metadata},
        )

    def _fits(self, value: object) -> bool:
        return isinstance(value, str)


class Line(Text):
    """One line of text: a name, a label."""

    def __init__(self, about: str, *, max: int = 200, **options: Any) -> None:
        """See `Text`."""
        expected = "must be one line with something on it: no control characters, not only blanks"
        super().__init__(about, max=max, pattern=ONE_LINE, expected=expected, **options)


class Identifier(Line):
    """What some system calls a thing. It is compared character by character and never normalised."""


class Choice(_Strict, fields.String):
    """One of a few words."""

    wanted = "a string"

    def __init__(
        self, about: str, choices: Iterable[str], *, required: bool = False, error: str | None = None
    ) -> None:
        """Say what the word is about and which words there are."""
        words = OneOf(choices, error)
        super().__init__(
            required=required, validate=words, metadata={"description": about}, error_messages=_WORDS
        )

    def _fits(self, value: object) -> bool:
        return isinstance(value, str)


class Whole(_Strict, fields.Integer):
    """A whole number from `min` to `max`."""

    wanted = "a whole number such as 5"

    def __init__(self, about: str, *, max: int, min: int = 0, required: bool = False) -> None:
        """Say what the number counts."""
        within = validate.Range(min, max, error=f"must be from {min} to {max}")
        super().__init__(
            required=required, validate=within, metadata={"description": about}, error_messages=_WORDS
        )

    def _fits(self, value: object) -> bool:
        return is_whole(value)


class Number(_Strict, fields.Float):
    """A finite number from `min` to `max`, with or without a fraction. Never money."""

    wanted = "a number"

    def __init__(self, about: str, *, max: int, min: int = 0, required: bool = False) -> None:
        """Say what the number measures, and its unit."""
        within = validate.Range(min, max, error=f"must be from {min} to {max}")
        super().__init__(
            required=required, validate=within, metadata={"description": about}, error_messages=_WORDS
        )

    def _fits(self, value: object) -> bool:
        return is_whole(value) or (isinstance(value, float) and math.isfinite(value))


class Flag(_Strict, fields.Boolean):
    """`true` or `false`, and no words or numbers that might stand for them."""

    wanted = "true or false"

    def __init__(self, about: str, *, required: bool = False) -> None:
        """Say what is the case when the flag is `true`."""
        super().__init__(required=required, metadata={"description": about}, error_messages=_WORDS)

    def _fits(self, value: object) -> bool:
        return isinstance(value, bool)


class Many(_Strict, fields.List[Any]):
    """An array of `min` to `max` elements of one kind."""

    wanted = "an array"

    def __init__(
        self, inner: fields.Field[Any], about: str, *, max: int, min: int = 0, required: bool = False
    ) -> None:
        """Say what the array holds."""
        self.least, self.most = min, max
        super().__init__(
            inner,
            required=required,
            validate=validate.Length(min, max),
            metadata={"description": about},
            error_messages=_WORDS,
        )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        super()._deserialize(value, attr, data, **kwargs)
        # Before the elements: a message full of wrong ones would otherwise take seconds to explain.
        if not self.least <= len(value) <= self.most:
            raise self.make_error("length", min=self.least, max=self.most, length=len(value))
        found: list[Any] = []
        wrong: dict[int, Any] = {}
        for place, one in enumerate(value):
            try:
                found.append(self.inner.deserialize(one, **kwargs))
            except ValidationError as error:
                wrong[place] = error.messages
                if len(wrong) == MOST_WRONG:
                    break
        if wrong:
            raise ValidationError(wrong)
        return found

    def _fits(self, value: object) -> bool:
        return isinstance(value, list | tuple)


class Part(_Strict, fields.Nested):
    """An object with a schema of its own."""

    wanted = "an object"

    def __init__(self, schema: type[Schema], about: str = "", *, required: bool = False) -> None:
        """Say what the object is for, where its schema does not say it."""
        metadata = {"description": about} if about else {}
        super().__init__(schema, required=required, metadata=metadata, error_messages=_WORDS)

    def _deserialize(
        self, value: Any, attr: str | None, data: Any, partial: Any = None, **kwargs: Any
    ) -> Any:
        super()._deserialize(value, attr, data)
        return fields.Nested._deserialize(self, value, attr, data, partial, **kwargs)

    def _fits(self, value: object) -> bool:
        return isinstance(value, dict)


class AnyObject(_Strict, fields.Dict):
    """An object whose fields are not looked at."""

    wanted = "an object"

    def __init__(self, about: str, *, required: bool = False) -> None:
        """Say what the object describes."""
        super().__init__(required=required, metadata={"description": about}, error_messages=_WORDS)

    def _fits(self, value: object) -> bool:
        return isinstance(value, dict)


def is_whole(value: object) -> bool:
    """Tell whether a value is an integer. JSON Schema calls `5.0` one; this contract does not."""
    return type(value) is int
