"""Contacts: every time that company and customer talk."""

from wafa.contracts.fields import Choice, Identifier, Text, Whole
from wafa.contracts.reference import InboundData

KINDS = ("call", "visit", "chat", "email", "social", "meeting")
DIRECTIONS = ("inbound", "outbound")
PURPOSES = ("sales", "service", "advice", "complaint", "other")


class ContactLogged(InboundData):
    """Somebody of the company and a customer were in touch."""

    kind = Choice("In what form.", KINDS, required=True)
    direction = Choice(
        "`inbound`: from the customer; `outbound`: from the company.", DIRECTIONS, required=True
    )
    purpose = Choice("What it was about.", PURPOSES, required=True)
    agent = Identifier("Id of the employee.")
    summary = Text("What was said, in a few sentences.", max=5000)
    duration_seconds = Whole("How long it took, in seconds.", max=604_800)
