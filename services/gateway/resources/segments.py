"""Segments: which there are, what a rule may ask, how many customers are in one, and who some of them are."""

from typing import Any

from marshmallow import Schema, fields, validate

from services.gateway.asking.answering import checked
from services.gateway.door import Doors
from services.gateway.means import services
from services.gateway.shapes.common import Said
from services.gateway.shapes.described import text
from services.gateway.shapes.given import ObjectOrText

segments = Doors("segments", "Rules over what is known of customers")

#: Seconds that a look at everybody may take.
LOOK = 30.0
LONGEST_NAME = 60


def _understood(**options: Any) -> fields.Dict:
    about = "the rule as it was understood, every default filled in"
    return fields.Dict(fields.String(), metadata={"description": about}, **options)


class Segment(Schema):
    """A segment to start from."""

    name = fields.String(required=True)
    title = fields.Nested(Said, required=True)
    about = fields.Nested(Said, required=True)
    rule = _understood(required=True)


class Trait(Schema):
    """Something that a rule may ask of a customer."""

    name = text("`field` of a rule", required=True)
    kind = text(
        "which operators and values fit: `text`, `texts`, `number`, `money`, `moment`, `day_of_year`, "
        "`flag`, `presence`",
        required=True,
    )
    about = text("what it means", required=True)


class Segments(Schema):
    """What there is to start from, and to build with."""

    segments = fields.List(fields.Nested(Segment), required=True)
    fields_ = fields.List(
        fields.Nested(Trait),
        required=True,
        data_key="fields",
        attribute="fields",
        metadata={"description": "every trait there is: a rule can name no other"},
    )


class SegmentRule(Schema):
    """A rule."""

    rule = ObjectOrText(
        "the name of a predefined segment, or a rule: `and`, `or`, `not` over `{field, op, value}`, "
        "`{segment}` and `{purchases}`",
        longest=LONGEST_NAME,
        example={"field": "last_purchase_at", "op": "between", "value": [{"days_ago": 90}, {"days_ago": 60}]},
    )


class SegmentLook(SegmentRule):
    """A rule, and how many customers to show."""

    limit = fields.Integer(strict=True, load_default=10, validate=validate.Range(1, 200))


class SegmentCount(Schema):
    """How many customers are in a segment now."""

    count = fields.Integer(required=True)
    rule = _understood(required=True)


class SegmentCustomer(Schema):
    """A customer of a segment."""

    customer_id = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    traits = fields.Dict(
        fields.String(),
        required=True,
        metadata={
            "description": "what is known, by the name of the trait, in the form in which rules write it"
        },
    )


class SegmentSample(Schema):
    """Some customers of a segment, the same each time."""

    customers = fields.List(fields.Nested(SegmentCustomer), required=True)
    rule = _understood(required=True)


@segments.door("GET", "/segments", needs="segments:read", answers=Segments)
def listed() -> Any:
    """List the predefined segments, and the traits that rules may name."""
    return services().call("notifications", "segments")


@segments.door(
    "POST",
    "/segments/count",
    needs="segments:read",
    takes=SegmentRule,
    answers=SegmentCount,
    changes=False,
)
def count(given: dict[str, Any]) -> Any:
    """Count the customers of a segment."""
    return _of_rule(services().call("notifications", "segment_count", given["rule"], within=LOOK))


@segments.door(
    "POST",
    "/segments/sample",
    needs="segments:read",
    takes=SegmentLook,
    answers=SegmentSample,
    changes=False,
)
def sample(given: dict[str, Any]) -> Any:
    """Show some customers of a segment, with what is known of them."""
    answer = services().call("notifications", "segment_sample", given["rule"], given["limit"], within=LOOK)
    return _of_rule(answer)


def _of_rule(answer: dict[str, Any]) -> Any:
    """Return what was asked for; a refusal says where in the request the rule is wrong."""
    if error := answer.get("error"):
        path = ".".join(filter(None, ("rule", error["path"])))
        answer = {"error": {**error, "reason": "invalid_rule", "path": path}}
    return checked(answer, "segment")
