"""A customer: the identifiers they hold, their profile, and the snapshot that others see."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from services.customers.domain.profile import Profile, Said, Statement
from services.customers.domain.references import (
    Keys,
    email_key,
    emails,
    external_ids,
    phone_key,
    phones,
)


@dataclass(frozen=True, slots=True)
class Customer:
    """One version of a customer. Version 0 is one who is about to be created.

    `merged_into` makes this an alias of another customer, `erased` a tombstone. `unpublished` is set from the
    moment a version is written until the broker has confirmed its snapshot: the token of whoever wrote it.
    """

    customer_id: str
    version: int = 0
    identifiers: Keys = ()
    profile: Profile = field(default_factory=Profile)
    merged_into: str | None = None
    erased: bool = False
    changed_at: datetime | None = None
    unpublished: str | None = None

    def after(self, gained: Iterable[str], statements: Iterable[Statement]) -> "Customer":
        """Return the customer with further identifiers and statements; the version is left to the writer."""
        identifiers = (*self.identifiers, *gained)
        own = frozenset(identifiers)
        told = [_about_own_addresses(statement, own) for statement in statements]
        return replace(self, identifiers=identifiers, profile=self.profile.after(told))

    def looks_like(self, other: "Customer") -> bool:
        """Tell whether nobody outside could tell the two apart."""
        return self.identifiers == other.identifiers and self.profile.looks_like(other.profile)

    def snapshot(self) -> dict[str, Any]:
        """Return everything that others may know; moments are aware `datetime`, absent fields left out."""
        fields = self.profile.fields
        shown = ("name", "locale", "timezone", "country", "account")
        return {
            "customer_id": self.customer_id,
            "version": self.version,
            **{name: fields[name].value for name in shown if name in fields},
            "emails": _preferred_first(emails(self.identifiers), fields.get("email")),
            "phones": _preferred_first(phones(self.identifiers), fields.get("phone")),
            "external_ids": [{"system": system, "id": id} for system, id in external_ids(self.identifiers)],
            "consents": [
                {"channel": channel, "purpose": purpose, "status": consent.status, "at": consent.at}
                for (channel, purpose), consent in sorted(self.profile.consents.items())
            ],
        }


def root_id(customer_id: str, customers: Mapping[str, Customer]) -> str:
    """Return who a customer is by now: follow the merges as far as `customers` goes."""
    seen: set[str] = set()
    while customer_id in customers and customer_id not in seen:
        seen.add(customer_id)
        into = customers[customer_id].merged_into
        if into is None:
            break
        customer_id = into
    return customer_id


def _about_own_addresses(statement: Statement, own: frozenset[str]) -> Statement:
    """Leave out an address that belongs to somebody else: it is not for this customer to prefer it."""
    fields = statement.fields
    foreign = {
        name for name, key in _ADDRESSES.items() if name in fields and key(fields[name].value) not in own
    }
    if not foreign:
        return statement
    return replace(statement, fields={name: said for name, said in fields.items() if name not in foreign})


_ADDRESSES = {"email": email_key, "phone": phone_key}


def _preferred_first(addresses: Sequence[str], preferred: Said | None) -> list[str]:
    return sorted(addresses, key=lambda address: preferred is None or address != preferred.value)
