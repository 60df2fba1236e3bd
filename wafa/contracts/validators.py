"""Validators whose rule stands in the JSON Schema too, and the words in which a value is described.

Patterns are anchored, match the whole value, and use explicit character classes: `\\d`, `\\s` and `.` mean
different characters to Python, ECMAScript and Rust.
"""

import re
from collections.abc import Iterable
from typing import Any

from marshmallow import ValidationError, validate

#: Any text without the NUL character, which not every broker and database carries.
NO_NUL = r"^[^\x00]*$"
#: One line with something to see on it: no control characters, not only blanks.
ONE_LINE = r"^[ ]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$"


class Matches(validate.Validator):
    """Accept a string that matches a pattern from its first character to its last.

    A string longer than `longest` is left to the check of its length: a pattern may need a time that grows
    with the square of it.
    """

    def __init__(self, pattern: str, expected: str, longest: int) -> None:
        """Keep the compiled `pattern`, and `expected` as the message when a value does not match it."""
        self.regex = re.compile(pattern)
        self.expected = expected
        self.longest = longest

    def __call__(self, value: str) -> str:
        """Return `value`, or raise `ValidationError` with what was expected."""
        if len(value) <= self.longest and self.regex.fullmatch(value) is None:
            raise ValidationError(self.expected)
        return value


class OneOf(validate.OneOf):
    """Accept one of some words; the message shows the word that was none of them."""

    def __init__(self, words: Iterable[str], expected: str | None = None) -> None:
        """Keep the words, and what to say was `expected` where a list of them would be too long."""
        super().__init__(list(words))
        self.expected = expected or f"must be one of {self.choices_text}"

    def __call__(self, value: Any) -> Any:
        """Return `value`, or raise `ValidationError` with the words that there are."""
        if value not in self.choices:
            raise ValidationError(f"{self.expected}, not {shown(value)}")
        return value


def kind_of(value: object) -> str:
    """Return what JSON calls the type of a decoded value, with its article."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, float):
        return "a number with a fraction"
    if isinstance(value, int):
        return "a number"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, dict):
        return "an object"
    return "an array" if isinstance(value, list | tuple) else f"a Python {type(value).__name__}"


def shown(text: str, most: int = 40) -> str:
    """Return a string in quotes for a message: cut short, control characters escaped, encodable as UTF-8."""
    cut = repr(text) if len(text) <= most else repr(text[:most]) + "…"
    return cut.encode("utf-8", "backslashreplace").decode()
