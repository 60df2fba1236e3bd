"""Points that are given for another reason than a purchase."""

from wafa.contracts.fields import Identifier, Line, Whole
from wafa.contracts.reference import InboundData


class PointsGranted(InboundData):
    """Points were given for another reason than a purchase: an apology, a birthday.

    They expire like points of a purchase of that day. They count neither towards a tier nor as coming back.
    """

    grant_id = Identifier(
        "Id of the grant, unique within the event's `source`. Told again under another event `id`, it is one "
        "grant: the first counts.",
        required=True,
    )
    points = Whole("How many points.", min=1, max=1_000_000, required=True)
    reason = Line("What for, in words that the customer may read.", required=True)
