"""What a key may do, told to whoever holds it."""

from typing import Any

from flask import g
from marshmallow import Schema, fields

from services.gateway.access.keys import shown
from services.gateway.domain.scopes import ANY
from services.gateway.door import Doors
from wafa.runtime.clock import now

own_key = Doors("key", "The key that you hold")


class OwnKey(Schema):
    """A key, without its secret."""

    prefix = fields.String(required=True, metadata={"description": "by which it is known, in logs too"})
    name = fields.String(required=True)
    state = fields.String(
        required=True, metadata={"description": "`active`, otherwise you would not read it"}
    )
    scopes = fields.List(fields.String(), required=True)
    sources = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "what its events may come from; none: anything"},
    )
    types = fields.List(
        fields.String(), required=True, metadata={"description": "which events it may publish; none: any"}
    )
    per_minute = fields.Integer(required=True, metadata={"description": "requests in a minute"})
    created_at = fields.String(required=True, metadata={"format": "date-time"})
    expires_at = fields.String(metadata={"format": "date-time", "description": "missing: never"})
    revoked_at = fields.String(metadata={"format": "date-time", "description": "a moment to come"})
    last_used_on = fields.String(metadata={"format": "date", "description": "as of the last minute or so"})


@own_key.door("GET", "/key", needs=ANY, answers=OwnKey)
def key() -> Any:
    """Tell what the key that this is asked with may do."""
    return shown(g.key, now())
