"""Complaints: who waits, who sees to it, and how it was settled."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from services.gateway.asking.answering import checked
from services.gateway.door import Doors
from services.gateway.means import services
from services.gateway.shapes.described import following
from services.gateway.shapes.paging import Page
from services.gateway.shapes.people import Case, CaseWithEvents
from wafa.contracts.fields import Flag, Identifier, Text

cases = Doors("cases", "Complaints, until they are settled")


class CasesWanted(Page):
    """Which cases to list."""

    status = fields.String(load_default="open", validate=validate.OneOf(["open", "resolved"]))
    assignee = fields.String(validate=validate.Length(1, 200), metadata={"description": "who sees to them"})
    unassigned = fields.Boolean(metadata={"description": "only those that nobody sees to"})

    @validates_schema
    def whose(self, given: dict[str, Any], **_: Any) -> None:
        """Refuse what contradicts itself."""
        if given.get("unassigned") and "assignee" in given:
            raise ValidationError("give either assignee or unassigned")


class CaseList(Schema):
    """Cases: open ones from the oldest on, resolved ones from the newest on."""

    cases = fields.List(fields.Nested(Case), required=True)
    next = following()


class AssigneeId(Identifier):
    """A name, or null for nobody."""

    def __init__(self, about: str) -> None:
        """See `Identifier`."""
        super().__init__(about, required=True)
        self.allow_none = True


class Assigning(Schema):
    """Who is to see to it."""

    assignee = AssigneeId("Who sees to it from now on; null: nobody.")
    unless_assigned = Flag("Leave it with who has it: then two who take it at once do not both have it.")


class Resolving(Schema):
    """How it was settled."""

    resolution = Text("What was done about it.", max=10_000, required=True)
    agent = Identifier("Who settled it.", required=True)


@cases.door("GET", "/cases", needs="cases:read", asks=CasesWanted, answers=CaseList)
def listed(given: dict[str, Any]) -> Any:
    """List complaints: open ones, who waits longest first; resolved ones, newest first.

    `response_seconds` says how long the customer waited until somebody took it up, or has waited until now.
    """
    return checked(services().call("interactions", "cases", **given), "case")


@cases.door("GET", "/cases/<case_id>", needs="cases:read", answers=CaseWithEvents, refuses=[404])
def case(case_id: str) -> Any:
    """Return a complaint with all that was heard of it."""
    return checked(services().call("interactions", "case", case_id), "case")


@cases.door(
    "POST", "/cases/<case_id>/assign", needs="cases:write", takes=Assigning, answers=Case, refuses=[404, 409]
)
def assign(given: dict[str, Any], case_id: str) -> Any:
    """Put somebody in charge of an open complaint.

    409: `closed`, `assigned` (somebody else has it, and `unless_assigned` was said), `customer_erased`.
    """
    return checked(services().call("interactions", "case_assign", case_id, **given), "case")


@cases.door(
    "POST",
    "/cases/<case_id>/resolve",
    needs="cases:write",
    takes=Resolving,
    answers=Case,
    status=202,
    refuses=[404, 409],
)
def resolve(given: dict[str, str], case_id: str) -> Any:
    """Say that a complaint is settled: `complaint.resolved.v1` is published for everybody.

    The case is `resolving` until that is recorded, a moment later. The same again has no second effect. 409:
    `closed`, `resolving` (somebody else settles it at the same time), `customer_erased`.
    """
    return checked(services().call("interactions", "case_resolve", case_id, **given), "case")
