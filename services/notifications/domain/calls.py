"""A call that staff are to make: what to say, and what came of it.

    open -> done | dismissed
     ^  |
     +--+   nobody answered, or they asked for another time: due again later

`done`: the customer was reached, or it is not their number. `dismissed`: tried often enough.

Every attempt is a contact with the customer; it is on record here until the world has been told (`log_by`).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

MOST_ATTEMPTS = 5
#: When to try again.
AFTER_NO_ANSWER = timedelta(hours=4)
AFTER_CALL_BACK = timedelta(days=1)
LOGGED_WITHIN = timedelta(seconds=15)


class State(StrEnum):
    """Where a call stands."""

    OPEN = "open"
    DONE = "done"
    DISMISSED = "dismissed"


class Ending(StrEnum):
    """How an attempt ended."""

    REACHED = "reached"
    NO_ANSWER = "no_answer"
    WRONG_NUMBER = "wrong_number"
    CALL_BACK = "call_back"


@dataclass(frozen=True, slots=True)
class Call:
    """A call to a customer; `id` is that of the outreach. The number is not kept here.

    `script` is what to say, in `language`, written in `direction`. `outcome`, `agent`, `note` and `ended_at`
    are of the last of `attempts`.
    """

    id: str
    customer_id: str
    purpose: str
    subject: str
    script: str
    language: str
    direction: str
    created_at: datetime
    due: datetime
    state: State = State.OPEN
    attempts: int = 0
    outcome: Ending | None = None
    agent: str | None = None
    note: str | None = None
    ended_at: datetime | None = None
    log_by: datetime | None = None


def attempted(call: Call, outcome: Ending, agent: str, note: str | None, now: datetime) -> Call:
    """Return an open call after one more attempt."""
    attempts = call.attempts + 1
    state, due = call.state, call.due
    if outcome in (Ending.REACHED, Ending.WRONG_NUMBER):
        state = State.DONE
    elif attempts >= MOST_ATTEMPTS:
        state = State.DISMISSED
    else:
        due = now + (AFTER_NO_ANSWER if outcome is Ending.NO_ANSWER else AFTER_CALL_BACK)
    return replace(
        call,
        state=state,
        due=due,
        attempts=attempts,
        outcome=outcome,
        agent=agent,
        note=note,
        ended_at=now,
        log_by=now + LOGGED_WITHIN,
    )


def is_told_again(call: Call, outcome: Ending, agent: str, now: datetime) -> bool:
    """Tell whether this is the last attempt once more, and no new one.

    Whoever got no answer to their report repeats it. A new attempt by the same employee that ended in the
    same way comes when the call is due again.
    """
    same = (call.outcome, call.agent) == (outcome, agent)
    return same and (call.state is not State.OPEN or now < call.due)
