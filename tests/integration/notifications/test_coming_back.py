"""Messages that came back, or were called spam: what is closed by it, and what is not."""

from typing import Any

from services.notifications.domain.outreach import State
from tests.integration.notifications.campaigns import TEXTS, news
from tests.integration.notifications.parts import Notifications, PostOffice
from tests.unit.notifications.builders import created, erased, member_updated, repointed, told

GRANTED = {"channel": "email", "purpose": "marketing", "status": "granted", "at": "2026-03-01T12:00:00Z"}
LIKES_OFFERS = {"consents": [GRANTED]}


def known(customer_id: str, **profile: Any) -> list[Any]:
    return [created(customer_id, **profile), member_updated(customer_id)]


def send(notifications: Notifications, campaign: str, **changes: Any) -> Any:
    """Launch a broadcast to everybody, and return the row of the only customer."""
    notifications.launch(news(campaign=campaign, **changes), TEXTS)
    notifications.plan()
    notifications.send()
    [row] = notifications.rows(campaign=campaign)
    return row


def comes_back(notifications: Notifications, row: Any, kind: str, **more: Any) -> None:
    assert notifications.take_in(told("outreach.bounced.v1", outreach_id=row.id, kind=kind, **more)) == []


def test_who_calls_promotion_spam_still_gets_the_service_messages_that_they_wait_for(
    notifications: Notifications, post_office: PostOffice
) -> None:
    notifications.take_in(*known("sara", **LIKES_OFFERS))
    row = send(notifications, "sale", purpose="marketing")
    comes_back(notifications, row, "complaint")
    assert notifications.rows(campaign="sale")[0].state is State.BOUNCED
    [event] = notifications.told("consent.changed.v1")
    assert event["data"] | {"evidence": ""} == {
        "customer": {"id": "sara"},
        "initiator": "customer",
        "channel": "email",
        "purpose": "marketing",
        "status": "withdrawn",
        "evidence": "",
    }
    # What customers makes of it.
    withdrawn = GRANTED | {"status": "withdrawn", "at": event["time"]}
    notifications.take_in(created("sara", version=2, consents=[GRANTED, withdrawn]))
    assert send(notifications, "sale-2", purpose="marketing").reason == "unsubscribed"
    assert send(notifications, "recall").state is State.SENT


def test_a_report_of_spam_that_comes_again_withdraws_once(notifications: Notifications) -> None:
    notifications.take_in(*known("sara", **LIKES_OFFERS))
    row = send(notifications, "sale", purpose="marketing")
    for _ in range(2):
        comes_back(notifications, row, "complaint")
    first, again = notifications.told("consent.changed.v1")
    assert first == again, "the same event to the letter has one effect"


def test_nothing_is_said_of_who_was_erased_because_of_a_late_report_of_spam(
    notifications: Notifications,
) -> None:
    notifications.take_in(*known("sara", **LIKES_OFFERS))
    row = send(notifications, "sale", purpose="marketing")
    notifications.take_in(erased("sara"))
    comes_back(notifications, row, "complaint")
    assert notifications.told("consent.changed.v1") == []


def test_a_refusal_for_good_closes_the_address_for_every_purpose(
    notifications: Notifications, post_office: PostOffice
) -> None:
    notifications.take_in(*known("sara", **LIKES_OFFERS))
    comes_back(notifications, send(notifications, "news"), "hard")
    assert send(notifications, "sale", purpose="marketing").reason == "bounced"
    assert send(notifications, "recall").reason == "bounced"
    assert len(post_office.messages) == 1


def test_an_address_that_failed_is_known_to_have_although_another_is_preferred_since(
    notifications: Notifications, post_office: PostOffice
) -> None:
    notifications.take_in(*known("sara"))
    row = send(notifications, "news")
    notifications.take_in(created("sara", version=2, emails=["new@example.com", "sara@example.com"]))
    comes_back(notifications, row, "hard")
    notifications.take_in(created("sara", version=3, emails=["sara@example.com", "new@example.com"]))
    assert send(notifications, "sale").state is State.SENT
    assert post_office.recipients == ["new@example.com", "sara@example.com"]
    notifications.take_in(created("sara", version=4, emails=["sara@example.com"]))
    assert send(notifications, "recall").reason == "bounced"


def test_what_came_back_from_an_alias_is_known_of_the_person(
    notifications: Notifications, post_office: PostOffice
) -> None:
    notifications.take_in(*known("alias"))
    row = send(notifications, "news")
    notifications.take_in(*known("sara"), repointed("merged", "alias", "sara"))
    notifications.take_in(created("sara", version=2, emails=["alias@example.com"]))
    comes_back(notifications, row, "hard")
    assert send(notifications, "recall").reason == "bounced"
    assert post_office.recipients == ["alias@example.com"]
