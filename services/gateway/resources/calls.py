"""The list of calls that staff are to make, and how they ended."""

from typing import Any

from marshmallow import Schema, fields, validate

from services.gateway.asking.answering import checked
from services.gateway.door import Doors
from services.gateway.means import services
from services.gateway.shapes.described import following, moment, number, text
from services.gateway.shapes.paging import Page
from wafa.contracts.fields import Choice, Identifier, Text

calls = Doors("calls", "Calls that staff are to make")

STATES = ("open", "done", "dismissed")
OUTCOMES = ("reached", "no_answer", "wrong_number", "call_back")


class CallsWanted(Page):
    """Which calls to list."""

    state = fields.String(load_default="open", validate=validate.OneOf(STATES))
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 500))


class CallState(Schema):
    """Where a call stands."""

    call_id = text("`outreach_id` of the events about it", required=True)
    customer_id = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    due = moment("when to call", required=True)
    attempts = number("how often somebody tried", required=True)
    outcome = text("how the last attempt ended", required=True, allow_none=True)
    agent = text("who made it", required=True, allow_none=True)


class Call(CallState):
    """A call to make: whom, under which number, and what to say."""

    name = fields.String(required=True, allow_none=True)
    phone = text("as it is now; null: none is known any more", required=True, allow_none=True)
    timezone = text("the customer's", required=True, allow_none=True)
    subject = fields.String(required=True)
    script = text("what to say", required=True)
    language = text("of the script", required=True)
    direction = text("of writing: `ltr` or `rtl`", required=True)
    obstacle = text("why the customer must not be called any more", required=True, allow_none=True)


class CallList(Schema):
    """Calls: open ones first due first, the others last due first."""

    calls = fields.List(fields.Nested(Call), required=True)
    next = following()


class CallEnded(Schema):
    """How an attempt ended."""

    outcome = Choice("How it ended.", OUTCOMES, required=True)
    agent = Identifier("Who called.", required=True)
    note = Text("What was said.", max=2000)


@calls.door("GET", "/calls", needs="calls:read", asks=CallsWanted, answers=CallList)
def listed(given: dict[str, Any]) -> Any:
    """List calls in a state, with name and number as they are now.

    Open ones come first due first, the others last due first.
    """
    return checked(services().call("notifications", "calls", **given), "call")


@calls.door(
    "POST",
    "/calls/<call_id>/done",
    needs="calls:write",
    takes=CallEnded,
    answers=CallState,
    refuses=[404, 409],
)
def done(given: dict[str, str], call_id: str) -> Any:
    """Take down how a call ended; it is a contact with the customer from now on.

    The same report again has no second effect. 409: `closed`.
    """
    return checked(services().call("notifications", "call_done", call_id, **given), "call")
