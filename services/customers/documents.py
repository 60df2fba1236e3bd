"""Customers and changes as documents of the database, and back."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from services.customers.domain.change import APPLIED_BY, Change
from services.customers.domain.customer import ChangedBy, Customer, Part
from services.customers.domain.profile import Consent, Profile, Said

Document = dict[str, Any]


def customer_document(customer: Customer) -> Document:
    """Return a customer as a document; what is empty is left out."""
    change = customer.change
    document: Document = {
        "_id": customer.customer_id,
        "version": customer.version,
        **_part_document(customer.own),
        "merged_into": customer.merged_into,
        "absorbed": [
            {"customer_id": id, **_part_document(part)} for id, part in sorted(customer.absorbed.items())
        ],
        "erased": customer.erased,
        "change": change and {"id": change.change_id, "version": change.version, "into": change.into},
        "returned": [{"identifier": key, "at": at} for key, at in sorted(customer.returned.items())],
        "changed_at": customer.changed_at,
        "unpublished": customer.unpublished,
    }
    return {name: value for name, value in document.items() if value}


def customer_of(document: Mapping[str, Any]) -> Customer:
    """Return the customer of a document."""
    change = document.get("change")
    own = _part(document)
    return Customer(
        customer_id=document["_id"],
        version=document["version"],
        identifiers=own.identifiers,
        profile=own.profile,
        merged_into=document.get("merged_into"),
        erased=document.get("erased", False),
        changed_at=document.get("changed_at"),
        unpublished=document.get("unpublished"),
        absorbed={one["customer_id"]: _part(one) for one in document.get("absorbed", ())},
        change=ChangedBy(change["id"], change["version"], change["into"]) if change else None,
        returned={one["identifier"]: one["at"] for one in document.get("returned", ())},
    )


def change_document(change: Change) -> Document:
    """Return a change that has just been requested as a document.

    `waiting_for` holds who has not confirmed yet.
    """
    document: Document = {
        "_id": change.change_id,
        "kind": change.kind,
        "from": change.from_id,
        "into": change.into_id,
        "customer_ids": [*change.customer_ids],
        "requested_at": change.requested_at,
        "state": change.state,
        "waiting_for": [*APPLIED_BY],
        "confirmed": {},
    }
    return {name: value for name, value in document.items() if value is not None}


def change_of(document: Mapping[str, Any]) -> Change:
    """Return the change of a document."""
    confirmed: Mapping[str, datetime] = document["confirmed"]
    concerned = {*confirmed, *document["waiting_for"]}
    return Change(
        change_id=document["_id"],
        kind=document["kind"],
        customer_ids=tuple(document["customer_ids"]),
        requested_at=document["requested_at"],
        from_id=document.get("from"),
        into_id=document.get("into"),
        state=document["state"],
        published_at=document.get("published_at"),
        confirmed=dict(confirmed),
        applied_by=tuple(one for one in APPLIED_BY if one in concerned),
    )


def _part_document(part: Part) -> Document:
    document = {
        "identifiers": [*part.identifiers],
        "profile": {name: said._asdict() for name, said in part.profile.fields.items()},
        "consents": [*_consent_documents(part.profile)],
    }
    return {name: value for name, value in document.items() if value}


def _consent_documents(profile: Profile) -> Iterable[Document]:
    for (channel, purpose), consent in profile.consents.items():
        yield {"channel": channel, "purpose": purpose, **consent._asdict()}


def _part(document: Mapping[str, Any]) -> Part:
    fields = {
        name: Said(one["at"], one["cause"], one["value"]) for name, one in document.get("profile", {}).items()
    }
    consents = {
        (one["channel"], one["purpose"]): Consent(one["at"], one["cause"], one["status"], one["evidence"])
        for one in document.get("consents", ())
    }
    return Part(tuple(document.get("identifiers", ())), Profile(fields, consents))
