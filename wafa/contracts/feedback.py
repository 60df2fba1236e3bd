"""Feedback: what customers answer when they are asked how it was."""

from collections.abc import Mapping
from typing import Any

from wafa.contracts.fields import Choice, Identifier, Part, Text, Whole
from wafa.contracts.reference import InboundData
from wafa.contracts.schema import Contract
from wafa.contracts.values import Slug, UriReference

#: The highest score of each kind of question where `scale_max` does not say another.
USUAL_SCALE_MAX = {"csat": 5, "nps": 10, "ces": 7}


class FeedbackSubject(Contract):
    """What the feedback is about."""

    type = Slug("What kind of thing: `purchase`, `contact`, `complaint`.", required=True)
    id = Identifier("Its id.", required=True)
    source = UriReference(
        "The `source` that gave the id, where it is not that of the feedback. `/wafa/interactions` gives ids "
        "of cases."
    )


class FeedbackGiven(InboundData):
    """A customer answered a question about satisfaction (csat), recommendation (nps) or effort (ces).

    The lowest score of its scale, given about a complaint that is resolved, reopens it. A scale begins with 1
    for csat and ces and with 0 for nps; one up to 1 is no and yes.
    """

    kind = Choice("Which question it was.", USUAL_SCALE_MAX, required=True)
    score = Whole("The answer, from 0 to the highest score of the scale.", max=100, required=True)
    scale_max = Whole("The highest score there is; when absent csat 5, nps 10, ces 7.", min=1, max=100)
    comment = Text("What the customer added.", max=10_000)
    about = Part(FeedbackSubject)

    @staticmethod
    def flaw(data: Mapping[str, Any]) -> tuple[str, str] | None:
        """Refuse a score above its scale: an average over it would mean nothing."""
        highest = data.get("scale_max") or USUAL_SCALE_MAX[data["kind"]]
        if data["score"] <= highest:
            return None
        return "score", f"is above the highest score of its scale, which is {highest}; see scale_max"
