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

#: The version of a tombstone. Nothing comes after it, and nobody who read an earlier version can write.
LAST_VERSION = 2**53


@dataclass(frozen=True, slots=True)
class Part:
    """What one customer brings into a merge: their own identifiers and profile, and nobody else's."""

    identifiers: Keys = ()
    profile: Profile = field(default_factory=Profile)


@dataclass(frozen=True, slots=True)
class ChangedBy:
    """The last merge, un-merge or erasure of a customer: its id, whom it was about, the version it made."""

    change_id: str
    version: int
    into: str | None = None


@dataclass(frozen=True, slots=True)
class Customer:
    """One version of a customer. Version 0 is one who is about to be created.

    `merged_into` makes this an alias of another customer. `erased` is set as soon as an erasure has begun,
    which nothing can stop, and stays on the tombstone. `absorbed` holds, by id, what the aliases of this
    customer brought: beside what is their own, so that it can be taken out again. `returned` are identifiers
    that somebody held who was erased, with when: what is older than that is not about this customer.
    `unpublished` is set from the moment a version is written until the broker has confirmed what it tells:
    the token of whoever wrote it.
    """

    customer_id: str
    version: int = 0
    identifiers: Keys = ()
    profile: Profile = field(default_factory=Profile)
    merged_into: str | None = None
    erased: bool = False
    changed_at: datetime | None = None
    unpublished: str | None = None
    absorbed: Mapping[str, Part] = field(default_factory=dict)
    change: ChangedBy | None = None
    returned: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def own(self) -> Part:
        """What is this customer's own."""
        return Part(self.identifiers, self.profile)

    @property
    def held(self) -> Keys:
        """All identifiers that mean this customer: their own, then those of their aliases."""
        if not self.absorbed:
            return self.identifiers
        brought = (key for _, part in sorted(self.absorbed.items()) for key in part.identifiers)
        return (*self.identifiers, *brought)

    @property
    def known(self) -> Profile:
        """The last word on everything, whoever of them it was said about."""
        if not self.absorbed:
            return self.profile
        return self.profile.joined(part.profile for part in self.absorbed.values())

    @property
    def changed_last(self) -> bool:
        """Whether this very version was made by a merge, an un-merge or an erasure."""
        return self.change is not None and self.change.version == self.version

    def after(self, gained: Iterable[str], statements: Iterable[Statement]) -> "Customer":
        """Return the customer with further identifiers and statements; the version is left to the writer."""
        more = replace(self, identifiers=(*self.identifiers, *gained))
        own = frozenset(more.held)
        told = [_about_own_addresses(statement, own) for statement in statements]
        return replace(more, profile=self.profile.after(told))

    def looks_like(self, other: "Customer") -> bool:
        """Tell whether nobody outside could tell the two apart."""
        return self.held == other.held and self.known.looks_like(other.known)

    def merged(self, into: str, change_id: str) -> "Customer":
        """Return this customer as another name of `into`; what is their own stays with them."""
        change = ChangedBy(change_id, self.version + 1, into)
        return replace(self, merged_into=into, absorbed={}, change=change)

    def separated(self, change_id: str, absorbed: Mapping[str, Part]) -> "Customer":
        """Return this alias as a customer of their own again, with the `absorbed` of their own aliases."""
        change = ChangedBy(change_id, self.version + 1, self.merged_into)
        return replace(self, merged_into=None, absorbed=absorbed, change=change)

    def sealed(self, change_id: str) -> "Customer":
        """Return this customer about to be erased: nobody learns anything more about them."""
        change = ChangedBy(change_id, self.version + 1)
        return replace(self, erased=True, change=change, unpublished=None)

    @property
    def is_tombstone(self) -> bool:
        """Whether the erasure is done: an id is left, and that it was erased."""
        return self.version == LAST_VERSION

    def snapshot(self) -> dict[str, Any]:
        """Return everything that others may know; moments are aware `datetime`, absent fields left out."""
        held, known = self.held, self.known
        fields = known.fields
        tags = fields["tags"].value.split() if "tags" in fields else []
        shown = ("name", "locale", "timezone", "country", "account")
        return {
            "customer_id": self.customer_id,
            "version": self.version,
            **{name: fields[name].value for name in shown if name in fields},
            **({"tags": tags} if tags else {}),
            "emails": _preferred_first(emails(held), fields.get("email")),
            "phones": _preferred_first(phones(held), fields.get("phone")),
            "external_ids": [{"system": system, "id": id} for system, id in sorted(external_ids(held))],
            "consents": [
                {"channel": channel, "purpose": purpose, "status": consent.status, "at": consent.at}
                for (channel, purpose), consent in sorted(known.consents.items())
            ],
        }


def tombstone(customer_id: str, change_id: str, at: datetime) -> Customer:
    """Return what an erasure leaves of a customer."""
    change = ChangedBy(change_id, LAST_VERSION)
    return Customer(customer_id, LAST_VERSION, erased=True, change=change, changed_at=at)


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
    """Return the rest in alphabetical order, so that the order of arrival shows nowhere."""
    return sorted(addresses, key=lambda one: (preferred is None or one != preferred.value, one))
