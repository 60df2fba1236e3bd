"""What comes with a request and is more than a word or a number: a campaign, a rule, texts, a moment."""

from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError, fields, validate

from wafa.contracts.validators import kind_of
from wafa.runtime.file_schema import Table

PARTS = ("subject", "txt", "html", "short")
LANGUAGE = "[a-z]{2,3}"
LONGEST_TEXT = 500_000


class ObjectOrText(fields.Field[Any]):
    """An object of JSON that a service understands, or a text that stands for one."""

    def __init__(self, about: str, *, longest: int, example: Any = None, required: bool = True) -> None:
        """Say what it is; `longest` is how many characters the text may have."""
        self._longest = longest
        text = {"type": "string", "minLength": 1, "maxLength": longest}
        metadata = {"description": about, "oneOf": [text, {"type": "object"}]}
        if example is not None:
            metadata["example"] = example
        super().__init__(required=required, metadata=metadata)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str | dict):
            raise ValidationError(f"must be an object or a string, not {kind_of(value)}")
        if isinstance(value, str) and not 1 <= len(value) <= self._longest:
            raise ValidationError(f"must have 1 to {self._longest:,} characters")
        return value


def moment_wanted(about: str, **options: Any) -> fields.AwareDateTime:
    """Return the field for a moment: RFC 3339 text, with its offset from UTC."""
    return fields.AwareDateTime(validate=_in_our_time, metadata={"description": about}, **options)


def _in_our_time(moment: datetime) -> None:
    try:
        moment.astimezone(UTC)
    except OverflowError:
        raise ValidationError("is no moment of our calendar") from None


def texts(**options: Any) -> Table:
    """Return the field for texts: template -> language -> part -> what somebody wrote."""
    text = {"type": "string", "maxLength": LONGEST_TEXT}
    parts = {"type": "object", "properties": dict.fromkeys(PARTS, text), "additionalProperties": False}
    names = {"pattern": f"^{LANGUAGE}$"}
    languages = {"type": "object", "propertyNames": names, "additionalProperties": parts}
    return Table(
        fields.String(validate=validate.Length(1, 60)),
        Table(
            fields.String(validate=validate.Regexp(rf"{LANGUAGE}\Z", error="must be a language such as ar")),
            Table(
                fields.String(validate=validate.OneOf(PARTS)),
                fields.String(validate=validate.Length(max=LONGEST_TEXT)),
                "texts by part",
                required=True,
            ),
            "parts by language",
            required=True,
        ),
        "an object of templates",
        metadata={
            "type": "object",
            "description": "template -> language -> part (`subject`, `txt`, `html`, `short`) -> Jinja source",
            "additionalProperties": languages,
            "example": {"news": {"en": {"subject": "News", "txt": "Hello {{ name }}\n{{ unsubscribe }}"}}},
        },
        **options,
    )
