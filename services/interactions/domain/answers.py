"""Answers to "is your complaint solved?": which of them mean no, and which resolution they contradict."""

from collections.abc import Iterable
from datetime import datetime

from services.interactions.domain.cases import RESOLVED, CaseEvent

#: What an answer is about, so that it may reopen a case.
COMPLAINT = "complaint"


def is_no(kind: str, score: int, highest: int) -> bool:
    """Tell whether a score is the lowest of its scale, which goes up to `highest`.

    By custom nps begins with 0, csat and ces with 1; a scale up to 1 is no and yes.
    """
    lowest = 0 if kind == "nps" or highest == 1 else 1
    return score <= lowest


def contradicted(told: Iterable[CaseEvent], at: datetime) -> CaseEvent | None:
    """Return the resolution that a "no" of this time contradicts: the last word before it, if that is one.

    Of a case that was open then there is nothing to reopen.
    """
    before = [event for event in told if event.time < at]
    last = max(before, key=lambda event: (event.time, event.key), default=None)
    return last if last and last.type == RESOLVED else None
