"""What to offer whom, and why, as it is answered."""

from marshmallow import Schema, fields, validate

from services.gateway.shapes.common import Said
from services.gateway.shapes.described import moment, number, text
from wafa.contracts.fields import Part
from wafa.contracts.money import Money

REASONS = ("replenish", "runs_out", "usual", "bought_together", "next_category", "popular")


class Few(Schema):
    """How many."""

    limit = fields.Integer(
        load_default=5,
        validate=validate.Range(1, 20),
        metadata={"description": "at most so many of each kind"},
    )


class Ground(Schema):
    """Why something is offered; of the figures those that belong to the reason."""

    code = fields.String(required=True, validate=validate.OneOf(REASONS))
    times = number("on how many days the customer bought it")
    since_days = number("days since the last of them")
    every_days = number("days after which it is typically bought again")
    percent = number(
        "share of the baskets with `with` (or of the customers, of all baskets) that had it, too"
    )
    together = number("baskets, or customers, that had both")
    baskets = number("baskets that had `with`")
    customers = number("customers who bought of the category `with`")
    with_ = text("the article it goes with, or for `next_category` the category", data_key="with")


class Offered(Schema):
    """An article."""

    sku = text("number of the article", required=True)
    name = text("what the shop calls it")
    category = text("as the shop sorts it")
    price = Part(Money, "Of one piece, as last heard of.")


class Offer(Offered):
    """An article to offer, and why."""

    reason = fields.Nested(Ground, required=True)
    say = fields.Nested(Said, required=True)


class Recommendations(Schema):
    """What to offer a member."""

    customer_id = fields.String(required=True)
    learnt_at = moment(
        "when the habits of all were last learnt; null: never yet", required=True, allow_none=True
    )
    again = fields.List(
        fields.Nested(Offer), required=True, metadata={"description": "what they buy, the likeliest first"}
    )
    new = fields.List(
        fields.Nested(Offer),
        required=True,
        metadata={"description": "what they never bought, the likeliest first"},
    )
    next_category = fields.Nested(
        Offer, required=True, allow_none=True, metadata={"description": "of a category that is new to them"}
    )


class Alternative(Offered):
    """What to offer instead."""

    same_category = fields.Boolean(required=True)
    similarity_percent = number("how alike what both are bought together with is", required=True)
    dearer_percent = number("how much more it costs; below 0: less")


class Alternatives(Schema):
    """What to offer instead of an article."""

    sku = fields.String(required=True)
    learnt_at = moment("when the habits of all were last learnt", required=True)
    alternatives = fields.List(
        fields.Nested(Alternative), required=True, metadata={"description": "best first"}
    )
