"""What the customers service does with commands and events. The table at the foot says which with what."""

from collections.abc import Sequence
from datetime import datetime

import structlog

from services.customers.domain.change import APPLIED_BY
from services.customers.domain.identity import Refused
from services.customers.domain.profile import Statement
from services.customers.reading import statement_by, statement_in
from services.customers.settling import Publish, settle
from services.customers.store import CustomerStore
from wafa.contracts.duplicates import CONFLICT, identify, sort_out
from wafa.contracts.envelope import Event
from wafa.contracts.errors import Problem
from wafa.contracts.validators import kind_of
from wafa.runtime.errors import InvalidArgument
from wafa.runtime.policy import Reject

log = structlog.get_logger(__name__)


def resolve(
    references: object, store: CustomerStore, publish: Publish, now: datetime
) -> list[dict[str, str]]:
    """Say who is meant by each reference of a batch; whoever is met for the first time becomes a customer.

    A reference is `{"customer": {...}, "time": RFC 3339, "event"?: id, "account"?: id}`: the customer as they
    stand in an event, when that happened, and which event it was. What it tells of the profile is taken in.
    Returns, in the same order, `{"customer_id"}` or `{"reason", "path", "message"}`.

    Raises:
        InvalidArgument: `references` is no list.
    """
    if not isinstance(references, list | tuple):
        raise InvalidArgument("references", f"must be an array, not {kind_of(references)}")
    readings = [statement_by(reference) for reference in references]
    return [_answer(one) for one in _settle(readings, store, publish, now, exact=False)]


def take_in(events: Sequence[Event], store: CustomerStore, publish: Publish, now: datetime) -> list[Reject]:
    """Bring a batch of events to effect; return what was refused."""
    verdicts = []
    for handle in dict.fromkeys(HANDLERS.values()):
        mine = [event for event in events if HANDLERS.get(event["type"]) is handle]
        verdicts += handle(mine, store, publish, now) if mine else []
    unknown = Problem("unknown_type", "type", "the customers service takes no events of this type")
    return verdicts + [Reject(event, unknown) for event in events if event["type"] not in HANDLERS]


def learn(events: Sequence[Event], store: CustomerStore, publish: Publish, now: datetime) -> list[Reject]:
    """Take in what events say about customers.

    An event leaves a receipt when its effects are out. One that comes again has none; one that claims the
    identity of another with other content is refused.
    """
    arrived = identify(events)
    batch = sort_out(arrived, store.receipts({one.key for one in arrived}))
    readings = [statement_in(event) for event in batch.new.values()]
    outcomes = _settle(readings, store, publish, now, exact=True)
    settled = zip(batch.new, outcomes, strict=True)
    refused = {key: outcome for key, outcome in settled if isinstance(outcome, Problem)}
    store.file_receipts({key: digest for key, digest in batch.digests.items() if key not in refused})
    contradicting = [Reject(event, CONFLICT) for event in batch.conflicts]
    return contradicting + [Reject(batch.new[key], problem) for key, problem in refused.items()]


def note_applied(
    events: Sequence[Event], store: CustomerStore, publish: Publish, now: datetime
) -> list[Reject]:
    """Note which services have applied a change, and when they said so. Said again, it has no effect.

    A receipt's own `time` is that of the change, so that it is the same however often it is published.
    """
    told = [(one["data"]["change_id"], one["data"]["service"]) for one in events]
    known = store.changes({change_id for change_id, _ in told})
    for change_id, service in told:
        if change_id not in known or service not in APPLIED_BY:
            log.info("nobody waits for this to be applied", change=change_id, by=service)
        elif service not in known[change_id].confirmed:
            store.confirm(change_id, service, now)
    return []


def _settle(
    readings: Sequence[Statement | Problem],
    store: CustomerStore,
    publish: Publish,
    now: datetime,
    *,
    exact: bool,
) -> list[str | Problem]:
    """Return a customer id or a problem for each reading; what is a problem already stays one."""
    statements = [one for one in readings if isinstance(one, Statement)]
    settled = iter(settle(statements, store, publish, now, exact=exact))
    return [one if isinstance(one, Problem) else _as_problem(next(settled)) for one in readings]


def _as_problem(who: str | Refused) -> str | Problem:
    if isinstance(who, str):
        return who
    return Problem(who.reason, ".".join(filter(None, ("data.customer", who.field))), who.message)


def _answer(outcome: str | Problem) -> dict[str, str]:
    if isinstance(outcome, str):
        return {"customer_id": outcome}
    return {"reason": outcome.reason, "path": outcome.path, "message": outcome.message}


HANDLERS = {
    "customer.registered.v1": learn,
    "customer.profile_changed.v1": learn,
    "consent.changed.v1": learn,
    "customer.change_applied.v1": note_applied,
}
