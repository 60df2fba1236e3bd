"""Which page of a list is asked for."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from wafa.contracts.cursor import BY_NAME, BY_TIME, LONGEST, Keyset


def place(keyset: Keyset[*tuple[Any, ...]]) -> fields.String:
    """Return the field for where a page of a list with this keyset begins."""

    def check(cursor: str) -> None:
        try:
            keyset.decode(cursor)
        except ValueError as error:
            raise ValidationError(str(error)) from None

    described = {"description": "`next` of the page before"}
    return fields.String(validate=[validate.Length(1, LONGEST), check], metadata=described)


class Page(Schema):
    """A page of a list: `limit` entries, those that follow `before`."""

    before = place(BY_TIME)
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))


class PageByName(Page):
    """A page of a list that is in the order of names."""

    before = place(BY_NAME)
