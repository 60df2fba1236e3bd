"""What the report of a campaign looks like. Shares are between 0 and 1; null is what cannot be said."""

from marshmallow import Schema, fields

from services.gateway.shapes.common import Said
from services.gateway.shapes.described import counted, moment, number, text
from wafa.contracts.money import Money


def _interval(**options: bool) -> fields.List:
    about = {"description": "95% interval: its low end and its high end"}
    return fields.List(fields.Float(), required=True, metadata=about, **options)


class ReportMessages(Schema):
    """Messages, counted one by one."""

    planned = fields.Integer(required=True)
    waiting = fields.Integer(required=True)
    sent = fields.Integer(required=True)
    sent_by_channel = counted("sent, by channel")
    bounced = fields.Integer(required=True)
    failed = fields.Integer(required=True)
    failed_by_reason = counted("failed, by reason")
    held_out = number("kept back to compare with", required=True)
    suppressed = fields.Integer(required=True)
    suppressed_by_reason = counted("not sent, by reason")


class ReportGroup(Schema):
    """Those who were contacted, or those who would have been and were held out."""

    people = fields.Integer(required=True)
    converted = number("of whom bought within the window", required=True)
    rate = fields.Float(required=True, allow_none=True)
    interval = _interval(allow_none=True)
    revenue = fields.List(fields.Nested(Money), required=True)
    revenue_per_head = fields.List(fields.Nested(Money), required=True)


class ReportLift(Schema):
    """Contacted against held out."""

    difference = fields.Float(required=True, metadata={"description": "of the two rates"})
    interval = _interval()
    relative = fields.Float(required=True, allow_none=True)
    extra_conversions = fields.Float(
        required=True, metadata={"description": "purchases that would not have been made"}
    )
    verdict = text("`too_few`, `more`, `fewer` or `unclear`", required=True)


class ReportLine(Schema):
    """A line of a table: it has the name of its table, `channel`, `language`, `tier` or `day`."""

    channel = fields.String()
    language = fields.String()
    tier = fields.String()
    day = text("UTC", format="date")
    sent = fields.Integer(required=True)
    suppressed = fields.Integer(required=True)
    contacted = fields.Nested(ReportGroup, required=True)
    held_out = fields.Nested(ReportGroup, required=True)
    lift = fields.Nested(ReportLift, required=True, allow_none=True)


class ReportTables(Schema):
    """The same figures, told apart."""

    channel = fields.List(fields.Nested(ReportLine), required=True)
    language = fields.List(fields.Nested(ReportLine), required=True)
    tier = fields.List(fields.Nested(ReportLine), required=True)
    day = fields.List(fields.Nested(ReportLine), required=True)


class CampaignReport(Schema):
    """What a campaign did and what came of it."""

    campaign = fields.String(required=True)
    title = fields.Nested(Said, required=True)
    state = fields.String(required=True, allow_none=True)
    as_of = moment("of these figures", required=True)
    window_days = fields.List(
        fields.Float(),
        required=True,
        metadata={"description": "days in which a purchase counts, of the versions that ran"},
    )
    window_open = number("people of whom that time is not over yet", required=True)
    messages = fields.Nested(ReportMessages, required=True)
    contacted = fields.Nested(ReportGroup, required=True)
    held_out = fields.Nested(ReportGroup, required=True)
    lift = fields.Nested(ReportLift, required=True, allow_none=True)
    cost = fields.List(fields.Nested(Money), required=True)
    cost_per_extra_conversion = fields.Nested(Money, required=True, allow_none=True)
    by = fields.Nested(ReportTables, required=True)
    words = fields.List(
        fields.String(), required=True, metadata={"description": "what the figures mean, in English"}
    )
