"""The report of a campaign: every message counted once, every journey measured from its first contact."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest
from pymongo.database import Database

from services.notifications.campaigns.policy import ChannelPolicy, Cost, OutreachPolicy
from services.notifications.domain.outreach import State
from services.notifications.results.reporting import report
from services.notifications.store import NotificationsStore
from tests.integration.notifications.measured import (
    DAY,
    START,
    Versions,
    bought,
    campaign,
    contacted,
    held_out,
    keep,
    suppressed,
)

VERSIONS = Versions.of(campaign())
POLICY = OutreachPolicy(channels={"email": ChannelPolicy(cost=Cost(Decimal("0.045"), "USD"))})
LATER = START + 30 * DAY


@pytest.fixture
def store(database: Database) -> NotificationsStore:
    store = NotificationsStore(database)
    store.create_indexes()
    return store


def report_of(store, *, versions=VERSIONS, now=LATER):
    return report(store, "win-back", versions.version, POLICY, now)


def test_a_campaign_without_messages_has_a_report_all_the_same(store):
    found = report_of(store)
    assert found["messages"]["planned"] == 0
    assert found["lift"] is None
    assert found["words"] == ["Nobody has been contacted yet."]


def test_a_campaign_that_worked(store):
    """1,800 contacted, 200 held out: 180 and 10 of them bought."""
    sent = [contacted(f"c{i}") for i in range(1800)]
    held = [held_out(f"h{i}") for i in range(200)]
    keep(store, [bought(row) if place < 180 else row for place, row in enumerate(sent)])
    keep(store, [bought(row, minor=1000) if place < 10 else row for place, row in enumerate(held)])
    found = report_of(store)
    assert (found["contacted"]["people"], found["contacted"]["converted"]) == (1800, 180)
    assert (found["held_out"]["people"], found["held_out"]["converted"]) == (200, 10)
    assert found["contacted"]["revenue"] == [{"amount": "5279.40", "currency": "USD"}]
    assert found["contacted"]["revenue_per_head"] == [{"amount": "2.93", "currency": "USD"}]
    assert found["held_out"]["revenue_per_head"] == [{"amount": "0.50", "currency": "USD"}]
    assert found["lift"]["verdict"] == "more"
    assert found["lift"]["difference"] == pytest.approx(0.05)
    assert found["lift"]["relative"] == pytest.approx(1.0)
    assert found["cost"] == [{"amount": "81.000", "currency": "USD"}]
    assert found["cost_per_extra_conversion"] == {"amount": "0.90", "currency": "USD"}
    assert found["words"][1] == (
        "The campaign worked: of 100 contacted 5.0 more bought; the true difference is likely (95%) to lie "
        "between 0.8 more and 7.7 more. That is about 90 purchases that would not have been made."
    )


def test_too_few_are_told_as_too_few_and_no_cost_is_made_of_them(store):
    keep(store, [bought(contacted("a")), contacted("b"), held_out("c")])
    found = report_of(store)
    assert found["lift"]["verdict"] == "too_few"
    assert found["cost_per_extra_conversion"] is None
    assert found["words"][1].startswith("Too few have bought so far")


def test_without_a_holdout_the_report_says_what_is_missing(store):
    keep(store, [bought(contacted("a"))])
    assert "Nobody was held out" in report_of(store)["words"][1]


def test_who_is_still_within_the_window_is_told_of(store):
    keep(store, [contacted("early"), contacted("late", START + 10 * DAY)])
    assert report_of(store, now=START + 16 * DAY)["window_open"] == 1
    assert report_of(store, now=START + 26 * DAY)["window_open"] == 0


def test_every_outcome_has_its_number(store):
    keep(
        store,
        [
            contacted("a"),
            contacted("b", state=State.BOUNCED, reason="bounced"),
            contacted("c", channel="sms"),
            contacted("d", state=State.FAILED, reason="bounced"),
            contacted("e", state=State.FAILED, reason="fault"),
            contacted("f", state=State.PLANNED, settled_at=None),
            contacted("g", state=State.PASSED),
            suppressed("h", "no_consent"),
            suppressed("i", "no_consent"),
            suppressed("j", "open_complaint"),
            held_out("k"),
            contacted("l", campaign="another"),
        ],
    )
    messages = report_of(store)["messages"]
    assert messages == {
        "planned": 10,
        "waiting": 1,
        "sent": 3,
        "sent_by_channel": {"email": 2, "sms": 1},
        "bounced": 1,
        "failed": 2,
        "failed_by_reason": {"bounced": 1, "fault": 1},
        "held_out": 1,
        "suppressed": 3,
        "suppressed_by_reason": {"no_consent": 2, "open_complaint": 1},
    }


def test_a_journey_has_one_success_at_most_and_its_first_contact_has_it(store):
    """Three messages, one purchase after the last: the purchase is not counted three times."""
    purchase_at = START + 6 * DAY
    journey = [
        contacted("sara", START + 2 * place * DAY, step=step, channel=channel)
        for place, (step, channel) in enumerate([("one", "email"), ("two", "sms"), ("three", "phone")])
    ]
    keep(store, [bought(row, purchase_at - row.settled_at) for row in journey])
    found = report_of(store)
    assert (found["contacted"]["people"], found["contacted"]["converted"]) == (1, 1)
    assert [(line["channel"], line["contacted"]["converted"]) for line in found["by"]["channel"]] == [
        ("email", 1),
        ("phone", 0),
        ("sms", 0),
    ]
    assert found["by"]["day"][0]["contacted"]["revenue"] == [{"amount": "29.33", "currency": "USD"}]


def test_a_purchase_within_the_window_of_the_last_message_only_is_not_the_journeys(store):
    """The held out have one window, from the first moment on: so have the contacted."""
    first, last = contacted("sara", step="one"), contacted("sara", START + 10 * DAY, step="two")
    keep(store, [first, bought(last, 10 * DAY)])
    assert report_of(store)["contacted"]["converted"] == 0


def test_a_customer_whom_a_trigger_meets_twice_counts_twice(store):
    keep(store, [bought(contacted("sara")), contacted("sara", START + 60 * DAY, occurrence="again")])
    assert report_of(store)["contacted"]["people"] == 2


def test_amounts_of_different_currencies_are_never_added(store):
    keep(store, [bought(contacted("a")), bought(contacted("b"), minor=12500, currency="KWD")])
    assert report_of(store)["contacted"]["revenue"] == [
        {"amount": "12.500", "currency": "KWD"},
        {"amount": "29.33", "currency": "USD"},
    ]


def test_the_database_counts_what_one_would_count_by_hand(store):
    """300 random journeys: each table adds up to the whole, and to what a loop over the rows says."""
    chance = Random(4)
    rows = []
    for customer in range(300):
        at = START + chance.randrange(5) * DAY
        usual = {"language": chance.choice(["ar", "en"]), "tier": chance.choice(["gold", "silver"])}
        kind = chance.choice([contacted, contacted, held_out])
        row = kind(f"c{customer}", at, channel=chance.choice(["email", "sms"]), **usual)
        rows.append(bought(row, minor=chance.randrange(10000)) if chance.random() < 0.3 else row)
        if row.state is State.SENT and chance.random() < 0.5:
            rows.append(replace(contacted(f"c{customer}", at + 3 * DAY, step="more", **usual)))
    keep(store, rows)
    found = report_of(store)
    first = [row for row in rows if row.step == "hello"]
    for side, state in (("contacted", State.SENT), ("held_out", State.DROPPED)):
        group = [row for row in first if row.state is state]
        revenue = sum(row.converted.minor for row in group if row.converted)
        assert found[side]["people"] == len(group)
        assert found[side]["converted"] == sum(row.converted is not None for row in group)
        assert found[side]["revenue"] == [{"amount": f"{revenue / 100:.2f}", "currency": "USD"}]
        for name in ("channel", "language", "tier"):
            counted = Counter(getattr(row, name) for row in group)
            assert {line[name]: line[side]["people"] for line in found["by"][name]} == counted
        days = Counter(f"{row.settled_at:%Y-%m-%d}" for row in group)
        assert {
            line["day"]: line[side]["people"] for line in found["by"]["day"] if line[side]["people"]
        } == days
    assert found["messages"]["sent"] == sum(row.state is State.SENT for row in rows)
