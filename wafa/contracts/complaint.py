"""Complaints, from the first word to the last."""

from wafa.contracts.fields import Choice, Identifier, Line, Text
from wafa.contracts.reference import InboundData

SEVERITIES = ("low", "normal", "high", "critical")


class _Complaint(InboundData):
    complaint_id = Identifier("Id of the complaint, unique within the event's `source`.", required=True)
    category = Line("What it is about, as the company sorts complaints.", max=100, required=True)
    severity = Choice("How bad it is.", SEVERITIES, required=True)
    text = Text("What the customer said.", max=10_000)
    purchase_id = Identifier("The purchase that it is about.")
    resolution = Text("What was done about it.", max=10_000)


class ComplaintOpened(_Complaint):
    """A customer complained. Until it is resolved, nothing is promoted to the customer."""


class ComplaintResolved(_Complaint):
    """A complaint was settled."""

    agent = Identifier("Id of the employee.")


class ComplaintReopened(_Complaint):
    """A complaint that had been settled came back."""
