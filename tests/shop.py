"""A shop outside, whose customers buy: what it publishes."""

from datetime import datetime
from typing import Any

from wafa.contracts.envelope import Event, make_event
from wafa.runtime.clock import now


def purchase(
    shop: str,
    id: str,
    customer: dict[str, Any],
    *,
    at: datetime | None = None,
    amount: str = "10.00",
    **attributes: str,
) -> Event:
    """Return what a customer (a reference) has bought, in USD, now or at a moment; more of its attributes."""
    total = {"amount": amount, "currency": "USD"}
    data = {"customer": customer, "channel": "store", "purchase_id": f"{shop} {id}", "total": total}
    event = make_event("purchase.completed.v1", source=f"/{shop}", id=id, time=at or now(), data=data)
    return event | attributes


def known_as(shop: str, number: int) -> dict[str, Any]:
    """Return the reference to a customer by their number in the shop."""
    return {"external_ids": [{"system": shop, "id": f"{number}"}]}
