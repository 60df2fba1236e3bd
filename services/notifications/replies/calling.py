"""The list of calls: what staff see of it, and what becomes of it when they have called.

An attempt is written down first and told to the world afterwards, from what was written: a worker that dies
in between is followed by whoever looks next, and the event is the same to the letter.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.notifications.domain.audience import Entry, home
from services.notifications.domain.calls import Call, Ending, State, attempted, is_told_again
from services.notifications.domain.decision import Way
from services.notifications.domain.reach import recipient
from services.notifications.domain.traits import address_bounced
from services.notifications.publishing import SOURCE
from services.notifications.refusing import refusal
from services.notifications.store import NotificationsStore
from wafa.contracts.contact import ContactLogged
from wafa.contracts.cursor import BY_TIME
from wafa.contracts.envelope import Event, derive_id, make_event
from wafa.contracts.times import format_time
from wafa.runtime.arguments import check_texts, check_texts_given, one_of
from wafa.runtime.errors import InvalidArgument
from wafa.runtime.paging import asked, cut
from wafa.runtime.publisher import Publish

MOST = 500
PHONE = "phone"
AT_ONCE = 100


def calls(
    store: NotificationsStore, state: str = "open", limit: int = 50, before: str | None = None
) -> dict[str, Any]:
    """Return `{"calls": [...], "next"}` in a state, with name and number as they are now.

    Open ones come first due first, the others last due first. `obstacle` is there when the customer must not
    be rung any more: it says why. `next` is the next page's `before`, null on the last; at most 500 come at
    a time.
    """
    wanted = State(one_of("state", state, State))
    place, limit = asked(BY_TIME, before, limit, MOST)
    found = store.calls(wanted, place, limit + 1)
    page, following = cut(found, limit, lambda call: BY_TIME.encode(call.due, call.id))
    entries, _ = store.readable_entries(call.customer_id for call in page)
    shown = [_shown(call, _person(entries, call.customer_id)) for call in page]
    return {"calls": shown, "next": following}


def call_done(
    store: NotificationsStore,
    publish: Publish,
    call_id: str,
    outcome: str,
    agent: str,
    note: str | None = None,
    *,
    now: datetime,
) -> dict[str, Any]:
    """Take down how an attempt ended, publish it as a contact, and return the call as it is now.

    The same report of the same attempt may come again. `{"error": {"reason", "message"}}` when there is no
    such call, or it is closed.

    Raises:
        InvalidArgument: an argument is of another type than its own, or too long.
        one of `TRANSIENT`: database or broker are away; report again.
    """
    check_texts(call_id=call_id, agent=agent)
    check_texts_given(note=note)
    ending = Ending(one_of("outcome", outcome, Ending))
    _check_event(agent, note)
    while (call := store.call(call_id)) is not None:
        if call.log_by is not None:
            log_attempt(store, publish, call)
            continue
        if is_told_again(call, ending, agent, now):
            return _answer(call)
        if call.state is not State.OPEN:
            return refusal("closed", f"call {call_id} is {call.state} already: {call.outcome}")
        after = attempted(call, ending, agent, note, now)
        if store.save_attempt(call, after):
            log_attempt(store, publish, after)
            return _answer(after)
    return refusal("unknown", f"there is no call {call_id}")


def log_attempts(store: NotificationsStore, publish: Publish, now: datetime) -> None:
    """Tell of attempts that somebody else should have told of by now."""
    for call in store.unlogged_calls(now, AT_ONCE):
        log_attempt(store, publish, call)


def log_attempt(store: NotificationsStore, publish: Publish, call: Call) -> None:
    """Tell the world of a call's last attempt, and tick it off."""
    publish(attempt_events(call))
    store.attempt_logged(call)


def attempt_events(call: Call) -> list[Event]:
    """Return what is published of the last attempt; made from the stored call, so always the same."""
    assert call.ended_at is not None
    assert call.outcome is not None
    attempt = derive_id(call.id, f"call {call.attempts}")
    words = call.outcome.replace("_", " ")
    data = {
        "customer": {"id": call.customer_id},
        "channel": PHONE,
        "initiator": "company",
        "kind": "call",
        "direction": "outbound",
        "purpose": "sales" if call.purpose == "marketing" else "service",
        "agent": call.agent,
        "summary": f"{words}: {call.note}" if call.note else words,
    }
    told = [("contact.logged.v1", attempt, data)]
    if call.outcome is Ending.WRONG_NUMBER:
        bounce = {"outreach_id": call.id, "kind": "hard", "detail": "wrong number"}
        told.append(("outreach.bounced.v1", derive_id(attempt, "bounced"), bounce))
    return [
        make_event(type, source=SOURCE, id=id, time=call.ended_at, data=data, causation=call.id)
        for type, id, data in told
    ]


def _check_event(agent: str, note: str | None) -> None:
    """Raise `InvalidArgument` unless the contract of the event takes these words."""
    mistakes = ContactLogged(only=("agent", "summary")).validate(
        {"agent": agent, "summary": f"{Ending.WRONG_NUMBER}: {note}"}
    )
    for name, words in mistakes.items():
        raise InvalidArgument("note" if name == "summary" else name, " ".join(words))


def _person(entries: Mapping[str, Entry], customer_id: str) -> Entry | None:
    return entries.get(home(entries, customer_id))


def _shown(call: Call, entry: Entry | None) -> dict[str, Any]:
    profile = entry.profile if entry else None
    return {
        **_answer(call),
        "name": profile.name if profile else None,
        "phone": recipient(entry, PHONE),
        "timezone": profile.timezone if profile else None,
        "subject": call.subject,
        "script": call.script,
        "language": call.language,
        "direction": call.direction,
        "obstacle": _obstacle(call, entry),
    }


def _obstacle(call: Call, entry: Entry | None) -> str | None:
    """Return why the customer must not be rung: much may have happened since the call was planned."""
    if call.state is not State.OPEN:
        return None
    number = recipient(entry, PHONE)
    consent = entry.consent(PHONE, call.purpose) if entry else None
    bounced = bool(entry and number and address_bounced(entry.told, PHONE, number))
    way = Way(PHONE, number is not None, bounced, consent)
    if obstacle := way.obstacle(call.purpose):
        return obstacle
    return "open_complaint" if entry and entry.open_complaints and call.purpose == "marketing" else None


def _answer(call: Call) -> dict[str, Any]:
    """Return what may be said of a call to whoever worked on it."""
    return {
        "call_id": call.id,
        "customer_id": call.customer_id,
        "state": call.state,
        "due": format_time(call.due),
        "attempts": call.attempts,
        "outcome": call.outcome,
        "agent": call.agent,
    }
