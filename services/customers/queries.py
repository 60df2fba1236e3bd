"""What others may ask about customers. Everything returned is JSON.

An id that was merged into another one answers with the customer who remains. A customer who was erased is
`{"customer_id", "erased": true}`, and cannot be found by anything else than their id. An argument that is no
text is an `InvalidArgument`: a query would read an object as an operator.
"""

from typing import Any

from services.customers.domain.change import Change
from services.customers.domain.customer import Customer, root_id
from services.customers.domain.references import email_key, external_key, phone_key
from services.customers.erasing import everybody
from services.customers.normalising import normal_email, normal_phone
from services.customers.publishing import snapshot_data
from services.customers.reading import names_in
from services.customers.store import CustomerStore
from wafa.contracts.cursor import BY_TIME
from wafa.contracts.times import format_time
from wafa.contracts.validators import kind_of
from wafa.runtime.arguments import check_texts, check_texts_given
from wafa.runtime.errors import InvalidArgument
from wafa.runtime.paging import asked, cut

MOST_CHANGES = 500


def get(store: CustomerStore, customer_id: str) -> dict[str, Any] | None:
    """Return a customer's snapshot, `None` when there is no such customer."""
    check_texts(customer_id=customer_id)
    known = store.find((), [customer_id])
    return _shown(known.get(root_id(customer_id, known)))


def lookup(
    store: CustomerStore,
    *,
    email: str | None = None,
    phone: str | None = None,
    country: str | None = None,
    system: str | None = None,
    id: str | None = None,
) -> dict[str, Any] | None:
    """Return the snapshot of who holds an `email`, a `phone`, or the `id` in a `system`; else `None`.

    `country` says where a national telephone number belongs. What cannot be an identifier is answered with
    `{"error": {"reason", "path", "message"}}`.
    """
    check_texts_given(email=email, phone=phone, country=country, system=system, id=id)
    try:
        key = _key(email, phone, country, system, id)
    except ValueError as error:
        path = "email" if email is not None else "phone" if phone is not None else ""
        return {"error": {"reason": "invalid_identifier", "path": path, "message": str(error)}}
    known = store.find([key])
    holder = next((one for one in known.values() if key in one.identifiers), None)
    return _shown(known.get(root_id(holder.customer_id, known))) if holder else None


def changes(
    store: CustomerStore,
    change_id: str | None = None,
    customer_id: str | None = None,
    limit: int = 50,
    before: str | None = None,
) -> dict[str, Any]:
    """Return `{"changes": [...], "next"}`, newest first: one change, those of a person, or of all.

    `next` is the next page's `before`, null on the last.

    Each has `change_id`, `kind` (merge|unmerge|erase), `customer_ids`, `from` and `into` where it has them,
    `requested_at`, `state` (requested|published), `published_at`, `confirmed` (service: when) and
    `waiting_for` (the services that have not confirmed).
    """
    check_texts_given(change_id=change_id, customer_id=customer_id)
    place, limit = asked(BY_TIME, before, limit, MOST_CHANGES)
    if change_id is not None:
        return {"changes": [*map(shown_change, store.changes([change_id]).values())], "next": None}
    ids = None if customer_id is None else everybody(customer_id, store)
    found = store.changes_of(ids, limit + 1, place)
    page, following = cut(found, limit, lambda one: BY_TIME.encode(one.requested_at, one.change_id))
    return {"changes": [*map(shown_change, page)], "next": following}


def dossier(store: CustomerStore, customer_id: str) -> dict[str, Any] | None:
    """Return everything that this service knows of a person, `None` for nobody.

    `{"customer", "records", "changes"}`: the snapshot, then each id of the person with what is its own, every
    value with its time and the event that said so, consents with their evidence.
    """
    check_texts(customer_id=customer_id)
    known = store.find((), [customer_id])
    if customer_id not in known:
        return None
    root = known[root_id(customer_id, known)]
    people = [root, *sorted(store.aliases(root.customer_id), key=lambda one: one.customer_id)]
    return {
        "customer": _shown(root),
        "records": [_record(one) for one in people],
        "changes": changes(store, customer_id=customer_id, limit=MOST_CHANGES)["changes"],
    }


def erased(store: CustomerStore, references: object) -> list[bool]:
    """Tell of each reference of a batch (as in `resolve`) whether it means somebody who was erased.

    By our own id, or by any identifier whose holder was erased at the time of the reference or after it. What
    cannot be read in a reference is passed over; without a time, it is taken to be old.
    """
    if not isinstance(references, list | tuple):
        raise InvalidArgument("references", f"must be an array, not {kind_of(references)}")
    named = [names_in(one) for one in references]
    known = store.find((), {one.customer_id for one in named if one.customer_id is not None})
    gone = {id for id, one in known.items() if one.erased}
    when = store.erased_at({key for one in named for key in one.keys})
    return [
        one.customer_id in gone
        or any(key in when and (one.at is None or one.at <= when[key]) for key in one.keys)
        for one in named
    ]


def shown_change(change: Change) -> dict[str, Any]:
    """Return a change as JSON."""
    between = {"from": change.from_id, "into": change.into_id}
    shown: dict[str, Any] = {
        "change_id": change.change_id,
        "kind": change.kind,
        **{name: id for name, id in between.items() if id is not None},
        "customer_ids": [*change.customer_ids],
        "requested_at": format_time(change.requested_at),
        "state": change.state,
        "confirmed": {service: format_time(at) for service, at in sorted(change.confirmed.items())},
        "waiting_for": [*change.waiting_for],
    }
    if change.published_at is not None:
        shown["published_at"] = format_time(change.published_at)
    return shown


def _key(
    email: str | None, phone: str | None, country: str | None, system: str | None, id: str | None
) -> str:
    if email is not None:
        return email_key(normal_email(email))
    if phone is not None:
        return phone_key(normal_phone(phone, country))
    if system is not None and id is not None:
        return external_key(system, id)
    raise ValueError("give an email, a phone, or a system and an id")


def _shown(customer: Customer | None) -> dict[str, Any] | None:
    if customer is None:
        return None
    if customer.erased:
        return {"customer_id": customer.customer_id, "erased": True}
    return snapshot_data(customer)


def _record(customer: Customer) -> dict[str, Any]:
    fields, consents = customer.profile.fields, customer.profile.consents
    record = {
        "customer_id": customer.customer_id,
        "version": customer.version,
        "changed_at": format_time(customer.changed_at) if customer.changed_at else None,
        "merged_into": customer.merged_into,
        "erased": customer.erased or None,
        "identifiers": [*customer.identifiers],
        "profile": {
            name: {"value": said.value, "at": format_time(said.at), "event": said.cause}
            for name, said in sorted(fields.items())
        },
        "consents": [
            {
                "channel": channel,
                "purpose": purpose,
                "status": consent.status,
                "at": format_time(consent.at),
                "event": consent.cause,
                "evidence": consent.evidence,
            }
            for (channel, purpose), consent in sorted(consents.items())
        ],
    }
    return {name: value for name, value in record.items() if value is not None}
