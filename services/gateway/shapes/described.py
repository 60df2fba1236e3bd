"""Fields of answers that say what they are."""

from typing import Any

from marshmallow import Schema, fields


class ShownOnce(fields.String):
    """A secret: no answer with it is kept."""


def counted(about: str) -> fields.Dict:
    """Return a field for numbers of people or messages by a word: `{"no_consent": 12}`."""
    return fields.Dict(fields.String(), fields.Integer(), required=True, metadata={"description": about})


def text(about: str, *, format: str | None = None, **options: Any) -> fields.String:
    """Return a field for text."""
    return fields.String(metadata={"description": about} | ({"format": format} if format else {}), **options)


def number(about: str, **options: Any) -> fields.Integer:
    """Return a field for a whole number."""
    return fields.Integer(metadata={"description": about}, **options)


def moment(about: str, **options: Any) -> fields.String:
    """Return a field for a point in time as RFC 3339 text."""
    return text(about, format="date-time", **options)


def shown_once(about: str) -> ShownOnce:
    """Return the field for a secret."""
    return ShownOnce(required=True, metadata={"description": about})


def shows_secret(answers: type[Schema] | Schema | None) -> bool:
    """Tell whether answers of this schema have a secret, however deep."""
    if answers is None:
        return False
    made = answers() if isinstance(answers, type) else answers
    return any(_is_secret(one) for one in made.fields.values())


def _is_secret(field: Any) -> bool:
    if isinstance(field, fields.List):
        return _is_secret(field.inner)
    return isinstance(field, ShownOnce) or (isinstance(field, fields.Nested) and shows_secret(field.schema))


def following() -> fields.String:
    """Return the field for the place at which the next page of a list begins."""
    return text("goes into `before` for the next page; null on the last", required=True, allow_none=True)
