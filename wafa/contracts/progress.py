"""Service progress: what a customer waits for, and how far it is."""

from wafa.contracts.fields import Identifier, Line, Part
from wafa.contracts.money import Money
from wafa.contracts.reference import InboundData
from wafa.contracts.values import Moment


class ServiceProgressed(InboundData):
    """An order, a repair or a case of a customer moved on."""

    reference = Identifier("Id of the order or case, unique within the event's `source`.", required=True)
    status = Line("Where it stands now, in the words of the publisher.", max=100, required=True)
    eta = Moment("When it is expected to be done.")
    expected_cost = Part(Money, "What it is expected to cost the customer.")
