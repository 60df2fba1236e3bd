"""The audit log, read."""

from typing import Any

from marshmallow import Schema, fields, validate

from services.gateway.audit.log import place_at, shown
from services.gateway.door import Doors
from services.gateway.means import means
from services.gateway.shapes.described import following
from services.gateway.shapes.given import moment_wanted
from services.gateway.shapes.paging import PageByName
from wafa.contracts.cursor import BY_NAME
from wafa.runtime.paging import asked, cut

audit = Doors("audit", "Who did what")

MOST = 500


class AuditQuery(PageByName):
    """Which rows."""

    key = fields.String(
        validate=validate.Regexp(r"[a-z0-9]{8}\Z"), metadata={"description": "the prefix of a key"}
    )
    door = fields.String(
        validate=validate.Regexp(r"[a-z_-]{1,50}\.[a-z_]{1,50}\Z"),
        metadata={"description": "what was asked: `customers.erase`, `keys.create`"},
    )
    since = moment_wanted("written at or after this moment")
    limit = fields.Integer(load_default=50, validate=validate.Range(1, MOST))


class AuditRow(Schema):
    """Something that was about to be done, what came of it, or how often something was asked in a minute."""

    id = fields.String(required=True)
    at = fields.String(required=True, metadata={"format": "date-time"})
    kind = fields.String(required=True, validate=validate.OneOf(["asked", "answered", "counted"]))
    key = fields.String(metadata={"description": "prefix; missing for a command"})
    name = fields.String(required=True, metadata={"description": "of the key; or who gave a command"})
    door = fields.String(required=True)
    arguments = fields.Dict(fields.String(), fields.String(), metadata={"description": "ids in the address"})
    asked = fields.String(metadata={"description": "`id` of the row `asked` that this answers"})
    status = fields.Integer()
    changed = fields.Dict(fields.String(), fields.String(), metadata={"description": "ids in the answer"})
    minute = fields.String(metadata={"format": "date-time"})
    counts = fields.Dict(fields.String(), fields.Integer(), metadata={"description": "requests by status"})
    request_id = fields.String()
    address = fields.String()


class AuditPage(Schema):
    """Rows, the latest first."""

    rows = fields.List(fields.Nested(AuditRow), required=True)
    next = following()


@audit.door("GET", "/audit", needs="audit:read", asks=AuditQuery, answers=AuditPage)
def rows(wanted: dict[str, Any]) -> Any:
    """Return who did what, the latest first.

    Whatever changes something leaves a row `asked` before it is done, and `answered` when it was. Publishing
    and reading are counted, by key, door and minute. Bodies are not kept, nor anything about a person.
    """
    since = wanted.get("since")
    place, limit = asked(BY_NAME, wanted.get("before"), wanted["limit"], MOST)
    found = means().store.audit(
        wanted.get("key"),
        wanted.get("door"),
        place_at(since) if since else None,
        place[0] if place else None,
        limit + 1,
    )
    page, next_page = cut(found, limit, lambda row: BY_NAME.encode(row["_id"]))
    return {"rows": [shown(one) for one in page], "next": next_page}
