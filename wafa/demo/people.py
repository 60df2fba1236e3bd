"""Invented people for the anonymous customers of a history: half of them write in Arabic, half in English.

Who is who follows from the customer's number alone. The addresses are under `example.com`, which belongs to
nobody (RFC 2606).
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from wafa.contracts.envelope import Event, make_event

_ARABIC = ("محمد", "فاطمة", "أحمد", "مريم", "خالد", "نورة", "يوسف", "ليلى", "عمر", "سارة")
_ARABIC_FAMILIES = ("العتيبي", "حداد", "المنصوري", "الشريف", "القحطاني", "منصور", "النجار")
_ENGLISH = ("Olivia", "James", "Amelia", "George", "Isla", "Arthur", "Maya", "Noah", "Grace", "Leo")
_ENGLISH_FAMILIES = ("Baker", "Hughes", "Patel", "Murphy", "Clark", "Shaw", "Osborne")
_ARABIC_PLACES = (
    ("ar-SA", "SA", "Asia/Riyadh"),
    ("ar-EG", "EG", "Africa/Cairo"),
    ("ar-AE", "AE", "Asia/Dubai"),
)
_ENGLISH_PLACES = (("en-GB", "GB", "Europe/London"), ("en-US", "US", "America/New_York"))

# One in so many has withdrawn consent to service mail, or has a complaint, of which every second is
# resolved in the end. One in so many never said yes to marketing.
WITHDRAWN, COMPLAINING, RESOLVED, RESERVED = 40, 50, 100, 4

#: Customers whom a web shop knows as well, by another address: two people until somebody merges them.
ONLINE = ("0001", "0002")


def withdrawn(customer: str) -> bool:
    """Tell whether a customer wants no service mail."""
    return int(customer) % WITHDRAWN == 0


def complaining(customer: str) -> bool:
    """Tell whether a customer has an open complaint."""
    return int(customer) % COMPLAINING == 0


def resolved(customer: str) -> bool:
    """Tell whether a customer's complaint is resolved in the end."""
    return int(customer) % RESOLVED == 0


def consenting(customer: str) -> bool:
    """Tell whether a customer said yes to marketing mail."""
    return int(customer) % RESERVED != RESERVED - 1


def profile(customer: str) -> dict[str, str]:
    """Return name, address and locale of a customer."""
    number = int(customer)
    arabic = number % 2 == 0
    firsts, families = (_ARABIC, _ARABIC_FAMILIES) if arabic else (_ENGLISH, _ENGLISH_FAMILIES)
    places = _ARABIC_PLACES if arabic else _ENGLISH_PLACES
    half = number // 2
    locale, country, timezone = places[half % len(places)]
    return {
        "name": f"{firsts[half % len(firsts)]} {families[half % len(families)]}",
        "email": f"customer{customer}@example.com",
        "locale": locale,
        "country": country,
        "timezone": timezone,
    }


def arrivals(customers: list[str], name: str, moment: datetime) -> Iterator[Event]:
    """Yield what a shop and a call centre would tell about these customers before they buy."""
    for customer in customers:
        reference = {"external_ids": [{"system": name, "id": customer}]}
        registered = {"customer": {**reference, **profile(customer)}}
        yield _event("customer.registered.v1", name, f"registered-{customer}", moment, registered)
        later = moment + timedelta(seconds=1)
        if withdrawn(customer):
            yield _consent(reference, name, customer, later, "service", "withdrawn")
        if consenting(customer):
            yield _consent(reference, name, customer, later, "marketing", "granted")
        if complaining(customer):
            yield _complaint(reference, name, customer, later, "opened", text="ما وصلني الطلب")


def web_accounts(moment: datetime) -> Iterator[Event]:
    """Yield what a web shop would tell about customers whom it does not know to be those of the history."""
    for customer in ONLINE:
        account = {**profile(customer), "email": f"web{customer}@example.com"}
        yield make_event(
            "customer.registered.v1",
            source="/webshop",
            id=f"registered-{customer}",
            time=moment,
            data={"customer": account},
        )


def resolutions(customers: list[str], name: str, moment: datetime) -> Iterator[Event]:
    """Yield what the call centre tells when it has settled a complaint."""
    for customer in customers:
        if resolved(customer):
            reference = {"external_ids": [{"system": name, "id": customer}]}
            yield _complaint(reference, name, customer, moment, "resolved", resolution="أُعيد إرسال الطلب")


def _consent(
    reference: dict[str, Any], name: str, customer: str, moment: datetime, purpose: str, status: str
) -> Event:
    said = {"customer": reference, "channel": "email", "purpose": purpose, "status": status}
    return _event("consent.changed.v1", name, f"consent-{purpose}-{customer}", moment, said)


def _complaint(
    reference: dict[str, Any], name: str, customer: str, moment: datetime, word: str, **more: str
) -> Event:
    number = f"complaint-{customer}"
    about = {"complaint_id": number, "category": "delivery", "severity": "high"}
    data = {"customer": reference, **about, **more}
    return _event(f"complaint.{word}.v1", name, f"{number}-{word}", moment, data)


def _event(type: str, name: str, id: str, moment: datetime, data: dict[str, Any]) -> Event:
    return make_event(type, source=f"/history/{name}", id=id, time=moment, data=data)
