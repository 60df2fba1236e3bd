"""What answers look like that say what happened with a customer."""

from marshmallow import Schema, fields, validate

from services.gateway.shapes.common import Member, Said
from services.gateway.shapes.described import moment, number, text
from wafa.advice import ADVICE
from wafa.contracts.complaint import SEVERITIES
from wafa.contracts.feedback import FeedbackGiven
from wafa.contracts.purchase import PurchaseCompleted

#: What stands beside the data of an interaction, and who it was.
_ELSEWHERE = ("customer", "channel", "via", "account", "initiator")


class InteractionFacts(Schema):
    """When and how something happened with a customer."""

    interaction_id = fields.String(required=True)
    customer_id = text("whom it was recorded for; they may be merged by now", required=True)
    type = text("of the event: `purchase.completed.v1`", required=True)
    time = moment("when it happened", required=True)
    recorded_at = moment("when Wafa learned of it", required=True)
    source = text("the `source` of the event")
    event_id = text("the `id` of the event")
    channel = text("where it happened")
    via = text("id of an intermediary")
    account = text("id of the organisation that the customer acted for")
    initiator = text("`customer` or `company`")
    redacted = fields.Boolean(metadata={"description": "the customer was erased; little is left of it"})


class Interaction(InteractionFacts):
    """Something that happened with a customer."""

    data = fields.Dict(
        fields.String(),
        required=True,
        metadata={"description": "as the event catalogue says for the type; less where it was redacted"},
    )


class Purchase(InteractionFacts):
    """A purchase."""

    data = fields.Nested(PurchaseCompleted(exclude=_ELSEWHERE, partial=True), required=True)


class Feedback(InteractionFacts):
    """What a customer answered when they were asked how it was."""

    data = fields.Nested(FeedbackGiven(exclude=_ELSEWHERE, partial=True), required=True)


class Case(Schema):
    """A complaint."""

    case_id = fields.String(required=True, attribute="id")
    customer_id = fields.String(required=True)
    status = fields.String(
        required=True,
        validate=validate.OneOf(["open", "resolving", "resolved"]),
        metadata={"description": "`resolving`: it was resolved a moment ago, and is not recorded yet"},
    )
    category = text("what it is about; empty once the customer is erased", required=True)
    severity = fields.String(required=True, validate=validate.OneOf(SEVERITIES))
    opened_at = moment("when the customer complained", required=True)
    resolved_at = moment("when it was settled", required=True, allow_none=True)
    resolution = text("what was done about it", required=True, allow_none=True)
    reopened = number("how often it came back", required=True)
    version = number("counts up with all that is heard of it", required=True)
    assignee = text("who sees to it; null: nobody", required=True, allow_none=True)
    assigned_at = moment("since when", required=True, allow_none=True)
    response_seconds = number(
        "how long the customer waited until somebody was first in charge, or has waited until now",
        required=True,
    )


class CaseWithEvents(Case):
    """A complaint with all that was heard of it."""

    events = fields.List(fields.Nested(Interaction), required=True, metadata={"description": "oldest first"})


class Advice(Said):
    """What to say first, in words and as a word for machines."""

    code = fields.String(required=True, validate=validate.OneOf([*ADVICE]))


class Card(Schema):
    """What staff should know of the person before them."""

    customer_id = fields.String(required=True)
    erased = fields.Boolean(metadata={"description": "nothing is known of them any longer"})
    name = text("how the customer is addressed", allow_none=True)
    locale = text("their language", allow_none=True)
    recognized = fields.Boolean(
        allow_none=True, metadata={"description": "a regular; null while loyalty is away"}
    )
    say = fields.Nested(Advice)
    member = fields.Nested(
        Member,
        allow_none=True,
        metadata={"description": "tier, points and the next reward; null: never bought"},
    )
    explanations = fields.Dict(
        fields.String(),
        fields.Nested(Said),
        metadata={
            "description": "why the member's figures are so, a sentence for each: `rhythm`, `due`, "
            "`standing`, `chance`, `active`, `value`; without those of which nothing is known"
        },
    )
    open_cases = fields.List(
        fields.Nested(Case), allow_none=True, metadata={"description": "null while interactions is away"}
    )
    last_purchase = fields.Nested(Purchase, allow_none=True)
    last_feedback = fields.Nested(Feedback, allow_none=True)
    missing = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "services that did not answer in time; what they know is not on the card"},
    )


class Entry(Schema):
    """An entry of the ledger, and what it did to the points."""

    time = moment("when it happened", required=True)
    kind = text(
        "`purchase`, `return`, `redemption`, `grant`, `expiry` or a change of the tier", required=True
    )
    key = text("of the event or the redemption behind it")
    purchase = text("which purchase it is about")
    amount = text("decimal, in the `currency` of the program")
    currency = fields.String()
    earned = number("points that came", required=True)
    taken_back = number("points that went with a return", required=True)
    spent = number("points that were redeemed", required=True)
    expired = number("points that expired", required=True)
    balance = number("points after it", required=True)
    tier = text("after it", required=True)
    reason = text("why points were granted")
