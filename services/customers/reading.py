"""What an event or a caller says about a customer -> a statement of the domain."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from services.customers.domain.profile import About, Consent, Said, Statement
from services.customers.domain.references import identity_keys
from services.customers.normalising import normal_email, normal_phone
from wafa.contracts.envelope import Event, event_key
from wafa.contracts.errors import Problem
from wafa.contracts.times import parse_time

_HINTS = ("name", "locale", "timezone", "country")


def statement_in(event: Event) -> Statement | Problem:
    """Return what an event about a customer says, or why it cannot be understood."""
    data = event["data"]
    consents: dict[About, Consent] = {}
    at, cause = parse_time(event["time"]), event_key(event)
    if event["type"] == "consent.changed.v1":
        word = Consent(at, cause, data["status"], data.get("evidence", ""))
        consents[data["channel"], data["purpose"]] = word
    return statement_of(data["customer"], at, cause, data.get("account"), consents)


def statement_of(
    customer: Mapping[str, Any],
    at: datetime,
    cause: str,
    account: str | None = None,
    consents: Mapping[About, Consent] | None = None,
) -> Statement | Problem:
    """Return what a reference says that was made at a moment (UTC) by an event with the id `cause`."""
    values = {name: customer[name] for name in _HINTS if name in customer}
    if account is not None:
        values["account"] = account
    country = customer.get("country")
    readings: dict[str, Callable[[str], str]] = {
        "email": normal_email,
        "phone": lambda text: normal_phone(text, country),
    }
    for name, read in readings.items():
        if name in customer:
            try:
                values[name] = read(customer[name])
            except ValueError as error:
                return Problem("invalid_identifier", f"data.customer.{name}", str(error))
    keys = identity_keys(
        id=customer.get("id"),
        external_ids=[(one["system"], one["id"]) for one in customer.get("external_ids", ())],
        email=values.get("email"),
        phone=values.get("phone"),
    )
    if not keys:
        return Problem(
            "no_identifier", "data.customer", "give at least one of id, external_ids, email, phone"
        )
    return Statement(keys, {name: Said(at, cause, value) for name, value in values.items()}, consents or {})
