"""A version of a customer -> the events that tell others."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from services.customers.domain.change import Change
from services.customers.domain.customer import ChangedBy, Customer
from services.customers.domain.references import emails, external_ids, phones
from wafa.contracts.envelope import STRUCTURED, Event, derive_id, encode, make_event
from wafa.contracts.times import format_time
from wafa.runtime.publisher import Message
from wafa.runtime.topology import REFUSED

SOURCE = "/wafa/customers"
FORGET = "wafa.forget.v1"


def events_of(customers: Iterable[Customer]) -> list[Event]:
    """Return what these versions tell: the same at every repeat."""
    return [event for one in customers for event in _events(one)]


def retold(customers: Iterable[Customer]) -> list[Event]:
    """Return what holds of all that was ever told of these customers, each event under the id that it had.

    That is what their versions tell, and of who was separated and has changed since, that they were (with the
    time of the last version: when it was undone is not kept). An erasure that is not done tells nothing.
    """
    events = []
    for customer in customers:
        if customer.erased and not customer.is_tombstone:
            continue
        if customer.change and not customer.changed_last:
            events.append(_repointed("customer.unmerged.v1", customer, customer.change))
        events += _events(customer)
    return events


def _events(customer: Customer) -> list[Event]:
    change = customer.change if customer.changed_last else None
    if change is None:
        return [snapshot_event(customer)]
    if customer.erased:
        data = {"customer_id": customer.customer_id, "change_id": change.change_id}
        return [_change_event("customer.erased.v1", customer, change, data)]
    if customer.merged_into is not None:
        return [_repointed("customer.merged.v1", customer, change)]
    return [_repointed("customer.unmerged.v1", customer, change), snapshot_event(customer)]


def snapshot_event(customer: Customer) -> Event:
    """Return `customer.created.v1` for version 1, else `customer.updated.v1`: the same at every repeat."""
    return make_event(
        "customer.created.v1" if customer.version == 1 else "customer.updated.v1",
        source=SOURCE,
        id=derive_id(customer.customer_id, f"v{customer.version}"),
        time=_written_at(customer),
        subject=customer.customer_id,
        data=snapshot_data(customer),
    )


def snapshot_data(customer: Customer) -> dict[str, Any]:
    """Return a customer's snapshot as JSON."""
    snapshot = customer.snapshot()
    consents = [{**consent, "at": format_time(consent["at"])} for consent in snapshot["consents"]]
    return {**snapshot, "consents": consents}


def forget_message(change: Change, people: Sequence[Customer]) -> Message:
    """Return what tells interactions what to look for where nobody was ever recognised: in the quarantine.

    It goes where only Wafa's own services read, because it is the last time that anybody says whose it was.
    """
    keys = sorted({key for one in people for key in one.held})
    parts = [part for one in people for part in (one.own, *one.absorbed.values())]
    names = {part.profile.fields["name"].value for part in parts if "name" in part.profile.fields}
    traces = {
        "emails": emails(keys),
        "phones": phones(keys),
        "external_ids": [{"system": system, "id": id} for system, id in external_ids(keys)],
        "names": sorted(names),
    }
    # Somebody may learn more of them until the moment that they are erased: then this is sent anew.
    versions = " ".join(sorted(f"{one.customer_id} v{one.version}" for one in people))
    event = make_event(
        FORGET,
        source=SOURCE,
        id=derive_id(change.change_id, f"forget {versions}"),
        time=change.requested_at,
        data={
            "change_id": change.change_id,
            "customer_ids": [*change.customer_ids],
            "traces": traces,
        },
    )
    return Message(REFUSED, "", encode(event), STRUCTURED)


def _repointed(type: str, customer: Customer, change: ChangedBy) -> Event:
    data = {
        "from": customer.customer_id,
        "into": change.into,
        "version": change.version,
        "change_id": change.change_id,
    }
    return _change_event(type, customer, change, data)


def _change_event(type: str, customer: Customer, change: ChangedBy, data: dict[str, Any]) -> Event:
    return make_event(
        type,
        source=SOURCE,
        id=derive_id(change.change_id, customer.customer_id),
        time=_written_at(customer),
        subject=customer.customer_id,
        causation=change.change_id,
        data=data,
    )


def _written_at(customer: Customer) -> datetime:
    assert customer.changed_at is not None, "a version is dated when it is written"
    return customer.changed_at
