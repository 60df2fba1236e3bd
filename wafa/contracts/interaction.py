"""Interactions: every inbound event of the business, recorded for good and tied to a customer."""

from wafa.contracts.fields import AnyObject, Choice, Identifier
from wafa.contracts.schema import Contract
from wafa.contracts.values import EventType, Moment, UriReference
from wafa.contracts.vocabulary import CHANNELS, INITIATORS


class InteractionRecorded(Contract):
    """Wafa recorded an interaction and knows whose it is. The event's `time` is that of the original."""

    interaction_id = Identifier("Identity of the original event for ever.", required=True)
    customer_id = Identifier("Wafa's id of the customer.", required=True)
    type = EventType("Type of the original event.", required=True)
    time = Moment("When it happened.", required=True)
    source = UriReference("Source of the original event.", required=True)
    channel = Choice("Where it happened.", CHANNELS)
    via = Identifier("Id of an intermediary.")
    account = Identifier("Id of the organisation that the customer acted for.")
    initiator = Choice("Who began it.", INITIATORS)
    data = AnyObject("Data of the original event without `customer`.", required=True)
