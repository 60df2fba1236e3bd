"""What others may ask about customers. Everything returned is JSON.

An id that was merged into another one answers with the customer who remains. A customer who was erased is
`{"customer_id", "erased": true}`, and cannot be found by anything else than their id. An argument that is no
text is a `ValueError`: a query would read an object as an operator.
"""

from typing import Any

from services.customers.domain.customer import Customer, root_id
from services.customers.domain.references import email_key, external_key, phone_key
from services.customers.normalising import normal_email, normal_phone
from services.customers.publishing import snapshot_data
from services.customers.store import CustomerStore
from wafa.contracts.validators import kind_of


def get(store: CustomerStore, customer_id: str) -> dict[str, Any] | None:
    """Return a customer's snapshot, `None` when there is no such customer."""
    _check_texts(customer_id=customer_id)
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
    given = {"email": email, "phone": phone, "country": country, "system": system, "id": id}
    _check_texts(**{name: value for name, value in given.items() if value is not None})
    try:
        key = _key(email, phone, country, system, id)
    except ValueError as error:
        path = "email" if email is not None else "phone" if phone is not None else ""
        return {"error": {"reason": "invalid_identifier", "path": path, "message": str(error)}}
    known = store.find([key])
    holder = next((one for one in known.values() if key in one.identifiers), None)
    return _shown(known.get(root_id(holder.customer_id, known))) if holder else None


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


def _check_texts(**arguments: object) -> None:
    for name, value in arguments.items():
        if not isinstance(value, str):
            raise ValueError(f"{name} must be a string, not {kind_of(value)}")


def _shown(customer: Customer | None) -> dict[str, Any] | None:
    if customer is None:
        return None
    if customer.erased:
        return {"customer_id": customer.customer_id, "erased": True}
    return snapshot_data(customer)
