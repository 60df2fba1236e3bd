"""What answers look like about a merge, its undoing, an erasure, and about all that is known of somebody."""

from marshmallow import Schema, fields, validate

from services.gateway.shapes.common import Customer, Member
from services.gateway.shapes.described import following, moment, number, text
from services.gateway.shapes.people import Case, Entry, Interaction
from wafa.contracts.reference import ExternalId

KINDS = ("merge", "unmerge", "erase")


class Change(Schema):
    """A merge, its undoing or an erasure, and who has applied it."""

    change_id = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    from_ = text("who is another name of somebody, or is so no longer", data_key="from", attribute="from")
    into = text("whose other name it is")
    customer_ids = fields.List(
        fields.String(), required=True, metadata={"description": "all ids that it is about"}
    )
    requested_at = moment("when it was asked for", required=True)
    state = fields.String(required=True, validate=validate.OneOf(["requested", "published"]))
    published_at = moment("since when everybody can know")
    confirmed = fields.Dict(
        fields.String(),
        fields.String(metadata={"format": "date-time"}),
        required=True,
        metadata={"description": "service -> when it had applied it"},
    )
    waiting_for = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "services that have not confirmed yet; complete when it is empty"},
    )


class ChangeList(Schema):
    """The journal, newest first."""

    changes = fields.List(fields.Nested(Change), required=True)
    next = following()


class Difference(Schema):
    """A value before and after; null where there is none."""

    before = fields.Raw(required=True, allow_none=True)
    after = fields.Raw(required=True, allow_none=True)


class ConsentDifference(Difference):
    """What a customer said to being contacted, before and after."""

    channel = fields.String(required=True)
    purpose = fields.String(required=True)


class Moves(Schema):
    """What would come to a customer, or go from them."""

    emails = fields.List(fields.String(), required=True)
    phones = fields.List(fields.String(), required=True)
    external_ids = fields.List(fields.Nested(ExternalId), required=True)
    profile = fields.Dict(
        fields.String(), fields.Nested(Difference), required=True, metadata={"description": "by field"}
    )
    consents = fields.List(fields.Nested(ConsentDifference), required=True)


class ChangePlan(Schema):
    """What a change would do."""

    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    customer_id = text("whom it would change", required=True)
    customer_ids = fields.List(
        fields.String(), required=True, metadata={"description": "all ids that it would be about"}
    )
    from_ = text("see `Change`", data_key="from", attribute="from")
    into = text("see `Change`")
    moves = fields.Nested(Moves, required=True)


class ChangeOutcome(Schema):
    """What was done, or with `dry_run` what would be."""

    dry_run = fields.Boolean(required=True)
    change = fields.Nested(
        Change, required=True, allow_none=True, metadata={"description": "null in a dry run"}
    )
    would = fields.Nested(
        ChangePlan, required=True, allow_none=True, metadata={"description": "only in a dry run"}
    )


class SaidValue(Schema):
    """A value of a profile, when it was said and by which event."""

    value = fields.Raw(required=True)
    at = moment("when it was said", required=True)
    event = text("which event said so", required=True)


class ConsentRecord(Schema):
    """What a customer said to being contacted, and how that is known."""

    channel = fields.String(required=True)
    purpose = fields.String(required=True)
    status = fields.String(required=True)
    at = moment("when it was said", required=True)
    event = text("which event said so", required=True)
    evidence = fields.String(required=True, allow_none=True)


class IdentityRecord(Schema):
    """One id of a person, with what is its own."""

    customer_id = fields.String(required=True)
    version = number("counts up with every change", required=True)
    changed_at = moment("of the last change")
    merged_into = text("whose other name it is")
    erased = fields.Boolean()
    identifiers = fields.List(fields.String(), required=True)
    profile = fields.Dict(fields.String(), fields.Nested(SaidValue), required=True)
    consents = fields.List(fields.Nested(ConsentRecord), required=True)


class Dossier(Schema):
    """Everything that Wafa knows of a person."""

    customer = fields.Nested(Customer, required=True)
    records = fields.List(
        fields.Nested(IdentityRecord), required=True, metadata={"description": "the person's own id first"}
    )
    changes = fields.List(fields.Nested(Change), required=True)
    interactions = fields.List(
        fields.Nested(Interaction), required=True, metadata={"description": "newest first"}
    )
    open_cases = fields.List(fields.Nested(Case), required=True)
    member = fields.Nested(Member, required=True, allow_none=True)
    ledger = fields.List(fields.Nested(Entry), required=True)
    audience = fields.Dict(
        fields.String(),
        required=True,
        allow_none=True,
        metadata={"description": "the copy that decides on messages"},
    )
    outreach = fields.List(
        fields.Dict(fields.String()),
        required=True,
        metadata={"description": "every decision on a message, last planned first; see `/v1/outreach`"},
    )
