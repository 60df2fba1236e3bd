"""What staff do with cases: put somebody in charge, and settle them.

A resolution is written down first and published afterwards, from what was written, as the event that any
other system would send. So it has the same words and the same time however often it is told, and whoever asks
again after a crash brings it to its end.
"""

from datetime import datetime
from typing import Any

from services.interactions import publishing
from services.interactions.caseview import shown_case
from services.interactions.domain.casework import OPEN, Resolution, assigned, resolution_time
from services.interactions.store import InteractionStore
from services.interactions.store.cases import assignment_of, resolution_of
from wafa.contracts.fields import Identifier, Text
from wafa.contracts.schema import Contract
from wafa.runtime.errors import InvalidArgument, Transient
from wafa.runtime.mongo import Document
from wafa.runtime.publisher import Publish

#: How often a write is tried that somebody else got in the way of.
MOST_ROUNDS = 10


class Work(Contract):
    """What staff may say of a case, as the events will take it."""

    case_id = Identifier("Id of the case.")
    assignee = Identifier("Who is to see to it.")
    agent = Identifier("Who settled it.")
    resolution = Text("What was done about it.", max=10_000)


def assign(
    store: InteractionStore,
    case_id: str,
    assignee: str | None,
    now: datetime,
    *,
    unless_assigned: bool = False,
) -> dict[str, Any]:
    """Put somebody in charge of an open case, or nobody (None), and return the case.

    With `unless_assigned` nobody is taken off it. `{"error": {"reason", "path", "message"}}` with
    `unknown_case`, `closed`, `customer_erased`, `assigned`.

    Raises:
        InvalidArgument: an argument is of another type than its own, or too long.
    """
    _check(case_id=case_id, **({} if assignee is None else {"assignee": assignee}))
    for _ in range(MOST_ROUNDS):
        case = store.cases.get(case_id)
        if case is None or (refused := _not_workable(case)):
            return _unknown(case_id) if case is None else refused
        before = assignment_of(case)
        after = assigned(before, assignee, now)
        if after is None or after is before:
            return shown_case(case, now)
        if unless_assigned and before is not None and before.assignee is not None:
            return _refusal("assigned", "assignee", f"{before.assignee} sees to it already")
        store.cases.assign(case_id, before, after)
    raise Transient(f"others keep changing the case {case_id}")


def resolve(
    store: InteractionStore, publish: Publish, case_id: str, resolution: str, agent: str, now: datetime
) -> dict[str, Any]:
    """Publish that a case is settled, and return it: it is `resolving` until the event is recorded.

    Asked for again in the same words it is the same resolution. `{"error": {"reason", "path", "message"}}`
    with `unknown_case`, `closed`, `customer_erased`, `resolving` (somebody else settles it at the same time).

    Raises:
        InvalidArgument: an argument is of another type than its own, or too long.
        one of `TRANSIENT`: database or broker are away; ask again.
    """
    _check(case_id=case_id, resolution=resolution, agent=agent)
    for _ in range(MOST_ROUNDS):
        case = store.cases.get(case_id)
        if case is not None and _told_before(case, resolution, agent):
            return shown_case(case, now)
        if case is None or (refused := _not_workable(case)):
            return _unknown(case_id) if case is None else refused
        underway = resolution_of(case)
        if underway is not None and underway.version == case["version"]:
            # Also what somebody else has begun: they may have died over it.
            publish([publishing.resolved(case_id, store.last_of_case(case_id), underway)])
            if (underway.text, underway.agent) == (resolution, agent):
                return shown_case(case, now)
            return _refusal("resolving", "", f"{underway.agent} has just settled the case {case_id}")
        at = resolution_time(store.last_of_case(case_id)["time"], now)
        begun = Resolution(case["version"], at, agent, resolution)
        store.cases.begin_resolution(case_id, case["version"], begun)
    raise Transient(f"others keep changing the case {case_id}")


def _not_workable(case: Document) -> dict[str, Any] | None:
    if not case["category"]:
        return _refusal("customer_erased", "", "the customer of this case was erased")
    if case["status"] != OPEN:
        return _refusal("closed", "", f"the case {case['_id']} is {case['status']} already")
    return None


def _told_before(case: Document, resolution: str, agent: str) -> bool:
    """Tell whether a case is resolved by what is asked for again."""
    last = resolution_of(case)
    return last is not None and (last.at, last.text, last.agent) == (case["resolved_at"], resolution, agent)


def _check(**given: object) -> None:
    for name, words in Work().validate(given).items():
        raise InvalidArgument(name, " ".join(words))


def _unknown(case_id: str) -> dict[str, Any]:
    return _refusal("unknown_case", "case_id", f"there is no case {case_id}")


def _refusal(reason: str, path: str, message: str) -> dict[str, Any]:
    return {"error": {"reason": reason, "path": path, "message": message}}
