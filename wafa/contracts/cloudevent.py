"""The envelope as a schema: CloudEvents 1.0.2 with what Wafa asks on top (`time` is required)."""

from wafa.contracts.fields import AnyObject, Choice, Identifier, Part, Text
from wafa.contracts.schema import Contract
from wafa.contracts.values import EventType, Moment, UriReference


class CloudEvent(Contract):
    """One event. Other attributes than these are carried and not looked at.

    `traceparent` (W3C Trace Context) is carried on to all that follows from the event.
    """

    specversion = Choice("Version of CloudEvents.", ["1.0"], required=True)
    id = Identifier("With `source` the identity of the event for ever.", required=True)
    source = UriReference(
        "URI or path of the system that publishes: `/pos/riyadh-01`. ASCII, no blanks.", required=True
    )
    type = EventType("Type of the event, with its version.", required=True)
    time = Moment("When it happened, never when it was sent.", required=True)
    datacontenttype = Text(
        "Format of `data`: `application/json`.",
        max=40,
        pattern=r"^application/json(; ?charset=(utf|UTF)-8)?$",
        expected="must be application/json",
    )
    dataschema = UriReference("Where the schema of `data` stands.")
    subject = Identifier("What the event is about, within `source`.")
    correlationid = Identifier("Id that all events of one story share.")
    causationid = Identifier("Id of the event that made this one happen.")
    data = AnyObject("What happened.", required=True)


def event_schema(event_type: str, data: type[Contract]) -> type[Contract]:
    """Return the schema of a whole event of one type."""
    fields = {
        "type": Choice("Type of the event.", [event_type], required=True),
        "data": Part(data, required=True),
    }
    schema = CloudEvent.from_dict(fields, name=f"{data.__name__}Event")  # type: ignore[arg-type]
    assert issubclass(schema, Contract)
    schema.__doc__ = data.__doc__
    return schema
