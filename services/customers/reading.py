"""What an event or a caller says about a customer -> a statement of the domain."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple, NotRequired, TypedDict, TypeVar

import msgspec

from services.customers.domain.profile import About, Consent, Said, Statement
from services.customers.domain.references import Keys, identity_keys
from services.customers.normalising import normal_email, normal_phone
from wafa.contracts.envelope import Event, event_key
from wafa.contracts.errors import Problem
from wafa.contracts.times import parse_time
from wafa.contracts.traces import traceparent_of

_HINTS = ("name", "locale", "timezone", "country")


_WHERE = re.compile(r" - at `\$\.?(?P<path>.*)`$")


class _ExternalId(TypedDict):
    system: str
    id: str


class _Customer(TypedDict, total=False):
    id: str
    external_ids: list[_ExternalId]
    email: str
    phone: str
    name: str
    locale: str
    timezone: str
    country: str
    tags: list[str]


class Reference(TypedDict):
    """How a caller says who is meant: the customer as they stand in an event, when, which event it was.

    `correlationid` and `traceparent` are the event's, where it has any.
    """

    customer: _Customer
    time: str
    event: NotRequired[str]
    account: NotRequired[str]
    correlationid: NotRequired[str]
    traceparent: NotRequired[str]


def statement_by(reference: object) -> Statement | Problem:
    """Return what a caller's reference says, or why it cannot be understood.

    A caller may send anything: only texts get further, because a query reads an object as an operator.
    """
    try:
        known = msgspec.convert(reference, Reference)
    except msgspec.ValidationError as error:
        return _malformed(str(error))
    try:
        at = parse_time(known["time"])
    except ValueError as error:
        return Problem("invalid", "time", str(error))
    event = known.get("event", "")
    said = statement_of(known["customer"], at, event, known.get("account"))
    return _told_of(said, known.get("correlationid") or event, traceparent_of(known))


def statement_in(event: Event) -> Statement | Problem:
    """Return what an event about a customer says, or why it cannot be understood."""
    data = event["data"]
    consents: dict[About, Consent] = {}
    at, cause = parse_time(event["time"]), event_key(event)
    if event["type"] == "consent.changed.v1":
        word = Consent(at, cause, data["status"], data.get("evidence", ""))
        consents[data["channel"], data["purpose"]] = word
    said = statement_of(data["customer"], at, cause, data.get("account"), consents)
    return _told_of(said, event.get("correlationid") or cause, traceparent_of(event))


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
    if "tags" in customer:
        # A tag has no blanks, so all of them are one value: whoever speaks last has said them all.
        values["tags"] = " ".join(sorted(set(customer["tags"])))
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
    said = {name: Said(at, cause, value) for name, value in values.items()}
    return Statement(keys, said, consents or {}, at)


def _told_of(said: Statement | Problem, correlation: str, traceparent: str | None) -> Statement | Problem:
    if isinstance(said, Problem):
        return said
    return replace(said, correlation=correlation or None, traceparent=traceparent)


class Named(NamedTuple):
    """Whom something names, as far as it can be read: our own id, identifiers, and when it was said."""

    customer_id: str | None
    keys: Keys
    at: datetime | None


def names_in(reference: object) -> Named:
    """Return whom a reference names; of what cannot be read, whatever can be."""
    known = reference if isinstance(reference, dict) else {}
    customer = known.get("customer")
    customer = customer if isinstance(customer, dict) else {}
    customer_id, country = customer.get("id"), customer.get("country")
    others = customer.get("external_ids")
    keys = identity_keys(
        external_ids=[
            (one["system"], one["id"])
            for one in (others if isinstance(others, list) else ())
            if isinstance(one, dict) and _are_texts(one.get("system"), one.get("id"))
        ],
        email=_readable(normal_email, customer.get("email")),
        phone=_readable(
            lambda text: normal_phone(text, country if isinstance(country, str) else None),
            customer.get("phone"),
        ),
    )
    time = _readable(parse_time, known.get("time"))
    return Named(customer_id if isinstance(customer_id, str) else None, keys, time)


_Read = TypeVar("_Read")


def _readable(read: Callable[[str], _Read], text: object) -> _Read | None:
    try:
        return read(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _are_texts(*values: object) -> bool:
    return all(isinstance(one, str) for one in values)


def _malformed(words: str) -> Problem:
    found = _WHERE.search(words)
    if found is None:
        return Problem("invalid", "", words)
    path = found["path"]
    at_home = path.partition(".")[0].partition("[")[0] == "customer"
    return Problem("invalid", f"data.{path}" if at_home else path, words[: found.start()])
