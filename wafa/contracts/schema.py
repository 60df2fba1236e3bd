"""What every schema of the contract has in common."""

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import EXCLUDE, Schema, ValidationError, validates_schema


class Contract(Schema):
    """A tolerant reader: fields that it does not know are no business of its own.

    A rule that spans several fields is written twice, once in `rules` as JSON Schema keywords and once as a
    `validates_schema` method; the fuzz test holds them together. A rule that JSON Schema cannot say goes to
    `flaw`, which both paths of the validation call.
    """

    class Meta:
        """Unknown fields are dropped while checking."""

        unknown = EXCLUDE

    error_messages: ClassVar[dict[str, str]] = {"type": "must be an object"}  # type: ignore[misc]

    #: Keywords that join the generated JSON Schema of this object.
    rules: ClassVar[Mapping[str, Any]] = {}

    @staticmethod
    def flaw(data: Mapping[str, Any]) -> tuple[str, str] | None:
        """Return the field and the message of what is wrong with well-formed `data`, or `None`."""
        return None

    @validates_schema
    def _no_flaw(self, data: Mapping[str, Any], **kwargs: Any) -> None:
        found = self.flaw(data)
        if found is not None:
            field, message = found
            raise ValidationError(message, field_name=field)
