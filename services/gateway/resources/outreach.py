"""Every decision on a message: sent, put off or dropped, and why."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from services.gateway.door import Doors
from services.gateway.means import services
from services.gateway.shapes.described import following, moment, number, text
from services.gateway.shapes.paging import Page
from wafa.contracts.currencies import money_of
from wafa.contracts.money import Money

outreach = Doors("outreach", "Who was contacted, who was not, and why")


class OutreachWanted(Page):
    """Whose messages, or of which campaign, or both."""

    customer_id = fields.String(
        validate=validate.Length(1, 200), metadata={"description": "any id of the person"}
    )
    campaign_id = fields.String(validate=validate.Length(1, 200))
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 500))

    @validates_schema
    def whose(self, given: dict[str, Any], **_: Any) -> None:
        """Refuse to list everything."""
        if "customer_id" not in given and "campaign_id" not in given:
            raise ValidationError("say whose: customer_id, campaign_id, or both")


class OutreachWay(Schema):
    """A channel to the customer, as it was when it was decided."""

    channel = fields.String(required=True)
    has_address = fields.Boolean(required=True)
    bounced = fields.Boolean(required=True)
    consent = text("`granted` or `withdrawn`; null: never said", required=True, allow_none=True)


class OutreachRoom(Schema):
    """When the frequency cap leaves room."""

    at = moment("the first moment with room", required=True)
    disputed = fields.Boolean(
        required=True, metadata={"description": "a message of lower rank may take that room"}
    )


class OutreachDecision(Schema):
    """The last decision, and all that it was based on."""

    outcome = text("`send`, `defer` or `drop`", required=True)
    reason = text("why it is not sent now, or not at all", required=True, allow_none=True)
    until = moment("when it is decided again", allow_none=True)
    channel = text("by which it is sent", allow_none=True)
    at = moment("when it was decided", required=True)
    purpose = fields.String(required=True)
    known = fields.Boolean(metadata={"description": "what the message needs to know has arrived"})
    ways = fields.List(fields.Nested(OutreachWay))
    open_complaints = fields.Integer()
    in_segment = fields.Boolean()
    room = fields.Nested(OutreachRoom, allow_none=True)
    quiet_hours = text("with the time zone: `21:00-09:00 Asia/Riyadh`", allow_none=True)
    held_out = fields.Boolean()
    twin = text("where the same message to the same person stands, after a merge", allow_none=True)
    expires_at = moment("after which it is not sent any more")


class OutreachConversion(Schema):
    """The first purchase within the campaign's window."""

    at = moment("of the purchase", required=True)
    total = fields.Nested(Money, required=True)


class OutreachEntry(Schema):
    """A step of a campaign with a customer."""

    id = text("`outreach_id` of the events about it", required=True)
    campaign = fields.String(required=True)
    version = number("of the campaign, when the journey began", required=True)
    customer_id = text("whom it was planned for; it may be merged by now", required=True)
    step = fields.String(required=True)
    occurrence = text("which time: a campaign may meet a customer again", required=True)
    channel = fields.String(required=True)
    state = text(
        "`planned`, `claimed`, `sent`, `bounced`, `dropped`, `failed` or `passed` (nobody was written to)",
        required=True,
    )
    reason = text("why it waits, was dropped or failed", allow_none=True)
    planned_at = moment("when it was planned", required=True)
    not_before = moment("when it is due", required=True)
    expires_at = moment("after which it is not sent any more", required=True)
    enrolled_at = moment("when the journey began", allow_none=True)
    settled_at = moment("when it came to its end", allow_none=True)
    language = fields.String(allow_none=True)
    tier = text("of the customer, when it was decided", allow_none=True)
    message_id = text("what it goes by at the far end", allow_none=True)
    tried = fields.List(fields.String(), metadata={"description": "channels that have failed for good"})
    attempts = number("how often the far end put it off")
    reply = text("the last trouble, in the words of the far end", allow_none=True)
    cause = text("id of the event that asked for it", required=True)
    decision = fields.Nested(OutreachDecision, allow_none=True)
    converted = fields.Nested(OutreachConversion, allow_none=True)
    answered = fields.Dict(
        fields.String(),
        fields.String(metadata={"format": "date-time"}),
        metadata={"description": "what the customer answered by a link in it, and when first"},
    )


class OutreachPage(Schema):
    """Messages, last planned first."""

    outreach = fields.List(fields.Nested(OutreachEntry), required=True)
    next = following()


@outreach.door("GET", "/outreach", needs="outreach:read", asks=OutreachWanted, answers=OutreachPage)
def listed(given: dict[str, Any]) -> Any:
    """List messages to a customer or of a campaign, each with its decision, last planned first."""
    wanted = {("campaign" if name == "campaign_id" else name): value for name, value in given.items()}
    page = services().call("notifications", "outreach", **wanted)
    return {**page, "outreach": [_shown(one) for one in page["outreach"]]}


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    bought = row.get("converted")
    if not bought:
        return row
    total = money_of(bought["minor"], bought["currency"])
    return {**row, "converted": {**bought, "total": total}}
