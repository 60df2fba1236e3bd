"""From the contract's events to facts, and back to events that the contract accepts."""

from datetime import UTC, datetime, timedelta

import pytest

from services.notifications.audience.reading import FACTS
from services.notifications.domain.decision import Drop, Reason, decide
from services.notifications.domain.evidence import case_of, decided
from services.notifications.domain.outreach import accepted, refused
from services.notifications.planning.journeys import triggered
from services.notifications.publishing import announcement
from tests.unit.notifications.builders import (
    NOON,
    campaign,
    complained,
    created,
    recognized,
    recorded,
    row,
    told,
)
from wafa.contracts.examples import example
from wafa.contracts.validation import check


def facts(event):
    customer_id, found = FACTS[event["type"]](event)
    return customer_id, found


def test_a_snapshot_is_read_with_its_consents():
    said = {"channel": "email", "purpose": "service", "status": "withdrawn", "at": "2026-03-01T10:00:00Z"}
    customer_id, [profile] = facts(created("sara", version=3, timezone="Asia/Riyadh", consents=[said]))
    assert (customer_id, profile.version, profile.timezone) == ("sara", 3, "Asia/Riyadh")
    assert profile.consents[0].at == datetime(2026, 3, 1, 10, tzinfo=UTC)


def test_a_complaint_is_known_by_its_source_too():
    one = facts(complained("sara", "opened", id="1"))[1][1]
    event = complained("sara", "resolved", id="2")
    event["data"]["source"] = "/another"
    other = facts(event)[1][1]
    assert (one.status, other.status) == ("opened", "resolved")
    assert one.id != other.id


def test_feedback_is_an_interaction_and_an_answer():
    event = recorded("sara", "feedback.given.v1", id="f", kind="csat", score=4)
    interaction, feedback = facts(event)[1]
    assert interaction.type == "feedback.given.v1"
    assert (feedback.kind, feedback.score, feedback.scale_max) == ("csat", 4, None)


@pytest.mark.parametrize("type", sorted(FACTS))
def test_what_the_contract_shows_as_an_example_can_be_read(type):
    assert facts(example(type))[1]


def test_a_message_is_the_same_row_however_often_and_by_whichever_event_it_is_asked_for():
    again = recognized("sara") | {"id": "another event"}
    [one], [same], [other] = (
        triggered([campaign()], [event], NOON) for event in (recognized("sara"), again, recognized("omar"))
    )
    assert one.id == same.id
    assert one.id != other.id


def nothing_known(now):
    return case_of(row(), campaign(), None, channels=["email"], addresses={}, now=now)


def test_every_announcement_is_one_that_the_contract_accepts():
    dropped = nothing_known(NOON + timedelta(days=9))
    settled = [
        accepted(row(), "<id>", "en", "mark", NOON),
        refused(row(), ["email"], "550 unknown", NOON),
        decided(row(), dropped, decide(dropped)),
    ]
    announced = [announcement(one) for one in settled]
    assert [check(event, NOON + timedelta(days=9)) for event in announced] == [None] * 3
    assert [one["type"] for one in announced] == ["outreach.sent.v1"] + ["outreach.suppressed.v1"] * 2
    assert [one["data"].get("reason") for one in announced] == [None, "bounced", "expired"]


@pytest.mark.parametrize("reason", set(Reason) - {Reason.NOT_YET_KNOWN})
def test_every_reason_to_drop_is_one_that_the_contract_knows(reason):
    event = announcement(decided(row(), nothing_known(NOON), Drop(reason)))
    assert check(event, NOON) is None


def test_an_event_of_another_type_tells_nothing():
    assert told("loyalty.tier_changed.v1")["type"] not in FACTS
