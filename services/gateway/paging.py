"""Which page of a list is asked for."""

import re

from marshmallow import Schema, ValidationError, fields, validate

from wafa.contracts.times import parse_time


def _place(token: str) -> None:
    try:
        parse_time(re.split("[ ~]", token, maxsplit=1)[0])
    except (ValueError, OverflowError):
        raise ValidationError("must be `next` of an earlier page") from None


class Page(Schema):
    """A page of a list: `limit` entries, those that follow `before`."""

    before = fields.String(
        validate=[validate.Length(1, 400), _place], metadata={"description": "`next` of the page before"}
    )
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))
