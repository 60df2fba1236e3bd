"""A version of a customer -> the event that tells others."""

from typing import Any

from services.customers.domain.customer import Customer
from wafa.contracts.envelope import Event, derive_id, make_event
from wafa.contracts.times import format_time

SOURCE = "/wafa/customers"


def snapshot_event(customer: Customer) -> Event:
    """Return `customer.created.v1` for version 1, else `customer.updated.v1`: the same at every repeat."""
    assert customer.changed_at is not None, "a version is dated when it is written"
    return make_event(
        "customer.created.v1" if customer.version == 1 else "customer.updated.v1",
        source=SOURCE,
        id=derive_id(customer.customer_id, f"v{customer.version}"),
        time=customer.changed_at,
        subject=customer.customer_id,
        data=snapshot_data(customer),
    )


def snapshot_data(customer: Customer) -> dict[str, Any]:
    """Return a customer's snapshot as JSON."""
    snapshot = customer.snapshot()
    consents = [{**consent, "at": format_time(consent["at"])} for consent in snapshot["consents"]]
    return {**snapshot, "consents": consents}
