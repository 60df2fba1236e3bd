"""Somebody who buys, complains and says what they think, through the front door's broker."""

from datetime import timedelta
from typing import Any

from tests.conftest import unique_name
from tests.integration.gateway.conftest import Front
from tests.integration.gateway.marketing import Json, event, publish
from tests.waiting import eventually
from wafa.contracts.envelope import Event
from wafa.runtime.clock import now


def arrived(front: Front, *told: Event, who: str = "") -> str:
    """Publish events about somebody; return the customer's id as soon as they are known."""
    who = who or unique_name()
    publish(front, event("customer.registered.v1", who, customer=person(who)), *told)
    return str(eventually(lambda: found(front, who))["customer_id"])


def person(who: str, **more: Any) -> Json:
    return {"email": f"{who}@example.com", "name": "ليلى حسن", "locale": "ar-EG", **more}


def found(front: Front, who: str) -> Json | None:
    answer = front.get(f"/v1/customers/lookup?email={who}@example.com")
    return answer.json() if answer.status == 200 else None


def bought(who: str, amount: str = "100.00", *, days_ago: int = 0, **more: Any) -> Event:
    number = unique_name()
    total = {"amount": amount, "currency": "USD"}
    told = event("purchase.completed.v1", who, purchase_id=number, total=total, channel="store", **more)
    return {**told, "time": (now() - timedelta(days=days_ago)).isoformat()}


def complained(who: str, complaint_id: str, category: str = "late delivery") -> Event:
    about = {"complaint_id": complaint_id, "category": category, "severity": "high"}
    return event("complaint.opened.v1", who, text="لم يصل الطلب", **about)


def card(front: Front, customer_id: str) -> Json:
    answer = front.get(f"/v1/customers/{customer_id}/card")
    assert answer.status == 200, answer.data
    shown: Json = answer.json()
    return shown


def refusal(answer: Any) -> tuple[int, str]:
    """Return status and code of an error, whose shape is the one that all have."""
    error = answer.json()["error"]
    assert error.keys() == {"code", "message", "details"}
    return answer.status, error["code"]
