"""Cases as staff see them: who waits, for how long, and who sees to it."""

from datetime import datetime
from typing import Any

from services.interactions.domain.cases import Case
from services.interactions.domain.casework import OPEN, RESOLVED, response_seconds, status_of
from services.interactions.showing import shown
from services.interactions.store import InteractionStore
from services.interactions.store.cases import assignment_of, resolution_of
from wafa.contracts.cursor import BY_TIME
from wafa.contracts.times import format_time
from wafa.runtime.arguments import check_texts, check_texts_given
from wafa.runtime.errors import InvalidArgument
from wafa.runtime.mongo import Document
from wafa.runtime.paging import asked, cut

MOST = 200


def cases(
    store: InteractionStore,
    status: str,
    assignee: str | None,
    before: str | None,
    limit: int,
    now: datetime,
    *,
    unassigned: bool = False,
) -> dict[str, Any]:
    """Return `{"cases": [...], "next"}`: open ones, who waits longest first; or resolved ones, newest first.

    With `assignee` only theirs, with `unassigned` only those that nobody sees to. `next` is the next page's
    `before`.

    Raises:
        InvalidArgument: an argument is not as it should be.
    """
    if status not in (OPEN, RESOLVED):
        raise InvalidArgument("status", f"must be {OPEN} or {RESOLVED}")
    check_texts_given(assignee=assignee)
    place, limit = asked(BY_TIME, before, limit, MOST)
    of = ([None] if unassigned else []) + ([] if assignee is None else [assignee])
    found = store.cases.page(status, of, place, limit + 1)
    page, following = cut(found, limit, lambda one: BY_TIME.encode(one["opened_at"], one["_id"]))
    return {"cases": [shown_case(case, now) for case in page], "next": following}


def case(store: InteractionStore, case_id: str, now: datetime) -> dict[str, Any] | None:
    """Return a case with the `events` of its complaint, oldest first; None where there is none."""
    check_texts(case_id=case_id)
    found = store.cases.get(case_id)
    if found is None:
        return None
    told = sorted(store.records_of_cases([case_id]), key=lambda one: (one["time"], one["_id"]))
    return {**shown_case(found, now), "events": [shown(one) for one in told]}


def shown_case(case: Document, now: datetime) -> dict[str, Any]:
    """Return a case as JSON; `response_seconds` is how long its customer waited until somebody took it up."""
    assignment, resolution = assignment_of(case), resolution_of(case)
    taken_up = assignment.first_at if assignment else None
    return {
        "id": case["_id"],
        **{name: _plain(case[name]) for name in FOLDED},
        "status": status_of(case["status"], case["version"], resolution),
        "assignee": assignment.assignee if assignment else None,
        "assigned_at": format_time(assignment.at) if assignment and assignment.assignee else None,
        "response_seconds": response_seconds(case["opened_at"], taken_up, case["resolved_at"], now),
    }


def _plain(value: Any) -> Any:
    return format_time(value) if isinstance(value, datetime) else value


FOLDED = Case.__slots__
