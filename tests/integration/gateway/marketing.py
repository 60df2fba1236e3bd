"""Customers who may be written to, and campaigns that write to them."""

import email
import uuid
from email.message import EmailMessage
from email.policy import default
from typing import Any

from tests.integration.gateway.conftest import Front
from tests.waiting import eventually
from wafa.contracts.envelope import Event, make_event
from wafa.contracts.times import format_time
from wafa.runtime.clock import now
from wafa.runtime.publisher import Publisher

Json = dict[str, Any]

TEXTS = {
    "news": {
        "en": {"subject": "News", "txt": "News, {{ name }}\n\n{{ unsubscribe }}\n", "short": "News"},
        "ar": {"subject": "جديد", "txt": "جديد {{ name }}\n\n{{ unsubscribe }}\n", "short": "جديد"},
    }
}


def event(type: str, who: str, **data: Any) -> Event:
    """Something that happens just now with a customer of this e-mail address."""
    about = {"source": "/test", "id": str(uuid.uuid4()), "time": now()}
    return make_event(type, **about, data={"customer": {"email": f"{who}@example.com"}, **data})


def publish(front: Front, *events: Event) -> None:
    publisher = Publisher(front.stack.amqp_uri, name="test")
    publisher.publish([*events])
    publisher.close()


def acquaint(front: Front, group: str, *people: str) -> None:
    """Let people be known, with this label; they want news by e-mail. Return when notifications knows."""
    told: list[Event] = []
    for who in people:
        profile = {"email": f"{who}@example.com", "name": "سارة", "locale": "ar-EG", "tags": [group]}
        agreed = {"channel": "email", "purpose": "marketing", "status": "granted"}
        told += [
            event("customer.registered.v1", who, customer=profile),
            event("consent.changed.v1", who, **agreed),
        ]
    publish(front, *told)
    rule = {"and": [audience(group), {"field": "consented", "op": "eq", "value": "email/marketing"}]}
    eventually(lambda: front.post("/v1/segments/count", {"rule": rule}).json()["count"] == len(people))


def audience(group: str) -> Json:
    """Everybody with this label."""
    return {"field": "tags", "op": "eq", "value": group}


def broadcast(campaign: str, group: str, **changes: Any) -> Json:
    """News to everybody with a label, at any hour."""
    usual: Json = {
        "campaign": campaign,
        "title": {"en": "News", "ar": "جديد"},
        "purpose": "marketing",
        "audience": audience(group),
        "start": {"broadcast": "now"},
        "quiet_hours": "none",
        "steps": [{"message": {"id": "hello", "template": "news", "channels": ["email"]}}],
    }
    return usual | changes


def drafted(front: Front, campaign: Json) -> str:
    """Draft a campaign and return its id."""
    answer = front.post("/v1/campaigns", {"campaign": campaign, "texts": TEXTS})
    assert answer.status == 201, answer.data
    return str(answer.json()["campaign"])


def launched(front: Front, campaign: Json) -> str:
    """Draft and launch a campaign and return its id."""
    name = drafted(front, campaign)
    answer = front.post(f"/v1/campaigns/{name}/launch")
    assert answer.status == 200, answer.data
    return name


def decisions(front: Front, campaign: str, **wanted: Any) -> list[Json]:
    """Return the messages of a campaign that have these values."""
    found = front.get(f"/v1/outreach?campaign_id={campaign}").json()["outreach"]
    return [one for one in found if all(one[name] == value for name, value in wanted.items())]


def mail_to(front: Front, who: str) -> EmailMessage:
    """Return the mail that has come for somebody."""

    def look() -> EmailMessage | None:
        files = front.stack.mail_folder.glob("*.eml")
        mails = (email.message_from_bytes(one.read_bytes(), policy=default) for one in files)
        return next((one for one in mails if str(one["To"]) == f"{who}@example.com"), None)

    found = eventually(look)
    assert found is not None
    return found


def today() -> str:
    """Return the day that it is, UTC."""
    return format_time(now())[:10]
