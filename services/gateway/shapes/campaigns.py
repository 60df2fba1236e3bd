"""What requests and answers about campaigns look like; `reports` has the report."""

from marshmallow import Schema, fields, validate

from services.gateway.shapes.common import Said
from services.gateway.shapes.described import counted, following, moment, number, text
from services.gateway.shapes.given import ObjectOrText, texts

LONGEST_FILE = 50_000


class CampaignDraft(Schema):
    """A campaign, and texts of its own."""

    campaign = ObjectOrText(
        "the campaign as an object, or as the text of its YAML file",
        longest=LONGEST_FILE,
        example={
            "campaign": "news",
            "title": {"en": "News", "ar": "جديد"},
            "purpose": "marketing",
            "audience": {"segment": "loyal"},
            "start": {"broadcast": "now"},
            "holdout": "10%",
            "steps": [{"message": {"id": "hello", "template": "win_back", "channels": ["email"]}}],
        },
    )
    texts = texts(load_default=dict)


class PreviewDay(Schema):
    """When to imagine it."""

    on = fields.Date(metadata={"description": "a day to come; absent: now"})


class SimulationSpan(Schema):
    """Which past to play, and the next page of it."""

    since = fields.Date(required=True, metadata={"description": "first day"})
    until = fields.Date(metadata={"description": "last day; absent: today"})
    every = fields.Integer(
        strict=True,
        validate=validate.Range(1, 3650),
        metadata={"description": "days after which a broadcast is imagined to go out again"},
    )
    after = fields.String(
        validate=validate.Length(1, 200), metadata={"description": "`next` of the page before"}
    )
    limit = fields.Integer(
        strict=True,
        load_default=200,
        validate=validate.Range(1, 1000),
        metadata={"description": "customers to look at"},
    )


class CampaignPlan(Schema):
    """A campaign as it was understood."""

    campaign = text("its id", required=True)
    title = fields.Nested(Said)
    purpose = text("`marketing`, `service` or `transactional`")
    start = text("what starts it: `broadcast`, `on customer.recognized`")
    steps = fields.List(fields.String(), metadata={"description": "its steps in words, in their order"})


class CampaignSummary(CampaignPlan):
    """A campaign in short. Without title and steps it cannot be read any more."""

    state = text("`draft`, `running`, `paused` or `finished`", required=True)
    enrolling = fields.Boolean(required=True, metadata={"description": "journeys begin"})
    version = number("the version that journeys begin with; absent before the first launch")
    newest = number("the last version that was drafted", required=True)
    launched_at = moment("of the last launch")
    finished_at = moment("when it was finished")
    planned = number("how many customers are planned for, of a broadcast")
    planned_at = moment("when the last of them was")


class CampaignList(Schema):
    """Campaigns, by name."""

    campaigns = fields.List(fields.Nested(CampaignSummary), required=True)
    next = following()


class CampaignVersion(Schema):
    """A version of a campaign, which never changes."""

    version = fields.Integer(required=True)
    drafted_at = moment("when it was", required=True)
    content = fields.Dict(required=True, metadata={"description": "the campaign, as its file has it"})
    texts = fields.Dict(
        fields.String(),
        fields.List(fields.String()),
        required=True,
        metadata={"description": "its own templates, and their languages"},
    )


class CampaignInFull(CampaignSummary):
    """All that is known of a campaign."""

    versions = fields.List(fields.Nested(CampaignVersion), required=True)
    states = counted("messages by state")
    reasons = counted("messages that were not sent, or wait, by the reason")


class PreviewSample(Schema):
    """A message as it would go out, or why it cannot be written (`fault`)."""

    customer_id = fields.String(required=True)
    channel = fields.String(required=True)
    language = fields.String(allow_none=True)
    direction = text("`ltr` or `rtl`")
    subject = fields.String()
    plain = fields.String()
    short = text("for SMS, WhatsApp and the telephone")
    fault = text("why it cannot be written")


class CampaignPreview(Schema):
    """Whom a campaign would reach: `now`, `later` and `dropped` add up to `people`, with `fault`."""

    campaign = fields.String(required=True)
    version = fields.Integer(required=True)
    at = moment("when it is imagined to go out", required=True)
    starts = text("what would start it then", required=True)
    people = number("customers whom it would meet", required=True)
    now = number("would be written to at once", required=True)
    later = counted("would be written to later, by what they wait for")
    dropped = counted("would be left out, by the reason")
    fault = number("of whom something cannot be read", required=True)
    about = fields.List(
        fields.String(), required=True, metadata={"description": "figures that are estimated from a sample"}
    )
    sampled = number("how many the sample had; null where everybody was decided on", allow_none=True)
    channels = counted("by channel, of those whom nothing stands against for good")
    languages = counted("by language, of the same")
    samples = fields.List(fields.Nested(PreviewSample), required=True)


class SimulatedMonth(Schema):
    """Contacts of a month, and how many bought anyway."""

    contacts = fields.Integer()
    bought = fields.Integer()


class SimulationSums(Schema):
    """Sums over the customers of this page; those of all pages add up."""

    looked_at = number("customers that were looked at", required=True)
    customers = number("customers who would have been contacted", required=True)
    contacts = fields.Integer(required=True)
    bought = number("contacts that a purchase followed within the window, though nobody wrote", required=True)
    held_out = fields.Integer(required=True)
    held_out_bought = fields.Integer(required=True)
    window_open = number("contacts whose window is not over: more may buy", required=True)
    suppressed = counted("contacts that would not have been made, by the reason")
    months = fields.Dict(
        fields.String(),
        fields.Nested(SimulatedMonth),
        required=True,
        metadata={"description": "by month of the contact: 2026-03"},
    )


class Simulation(Schema):
    """A page of the past of a campaign; what is there once stands on the first page only."""

    sums = fields.Nested(SimulationSums, required=True)
    next = text("goes into `after` for the next page; null with the last", required=True, allow_none=True)
    campaign = fields.String()
    version = fields.Integer()
    since = text("first day", format="date")
    until = text("last day", format="date")
    window_days = fields.Float(metadata={"description": "days in which a purchase counts"})
    total = number("customers in all")
    as_today = fields.List(
        fields.String(), metadata={"description": "traits that are taken as they are today, not as they were"}
    )
