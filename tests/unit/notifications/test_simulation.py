"""The past played again: nobody knows beforehand what will be, and nothing is counted twice."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.domain.audience import Entry, learn
from services.notifications.domain.campaign import (
    Branch,
    Broadcast,
    Campaign,
    Message,
    On,
    Purpose,
    Trigger,
    Wait,
)
from services.notifications.domain.facts import Complaint, Consent, Member, Profile, Purchase
from services.notifications.domain.holdout import held_out
from services.notifications.domain.occasions import Span, occasions, refusal
from services.notifications.domain.past import as_of, taken_as_today
from services.notifications.domain.quiet import QuietHours
from services.notifications.domain.segment import parse
from services.notifications.domain.simulation import simulate
from services.notifications.domain.told import Told
from services.notifications.domain.traits import traits_of

JUNE = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
SPAN = Span(JUNE, JUNE + 90 * DAY, now=JUNE + 200 * DAY)
HELLO = Message("hello", "hello", ("email",))

moments = st.integers(-300, 300).map(lambda hours: JUNE + timedelta(hours=hours))
purchases = st.lists(
    st.builds(Purchase, st.uuids().map(str), moments, minor=st.just(2933), currency=st.just("USD")),
    max_size=12,
)


def campaign(**changes) -> Campaign:
    usual = {
        "id": "win-back",
        "version": 1,
        "purpose": Purpose.SERVICE,
        "start": Broadcast(),
        "steps": (HELLO,),
        "audience": parse({"field": "purchase_count", "op": "ge", "value": 1}),
    }
    return Campaign(**usual | changes)


def customer(*days: float, name: str = "sara", **changes) -> Entry:
    """A customer who bought so many days after the first of June."""
    bought = tuple(
        Purchase(f"p{place}", JUNE + day * DAY, minor=2933, currency="USD") for place, day in enumerate(days)
    )
    profile = Profile(1, name="Sara", emails=("sara@example.com",))
    member = Member(1, "gold", 120, len(days), repeat=len(days) > 1)
    entry = Entry(name, profile=profile, member=member)
    for one in bought:
        entry = learn(entry, one)
    return replace(entry, **changes)


@given(purchases, moments)
def test_what_is_bought_later_changes_nothing_about_the_past(bought, moment):
    whole = before = Entry("sara", profile=Profile(1))
    for one in bought:
        whole = learn(whole, one)
        before = learn(before, one) if one.at < moment else before
    assert traits_of(as_of(whole, moment)) == traits_of(before)


@given(purchases, moments, moments)
def test_to_go_back_twice_is_to_go_back_once(bought, one, other):
    member = Member(1, "gold", 1, len(bought), repeat=False)
    whole = Entry("sara", profile=Profile(1), member=member)
    for each in bought:
        whole = learn(whole, each)
    first, last = sorted((one, other))
    assert as_of(as_of(whole, last), first) == as_of(whole, first)


@given(purchases)
def test_the_present_is_the_past_of_the_future(bought):
    whole = Entry("sara", profile=Profile(1), member=Member(1, "gold", 1, len(bought), repeat=False))
    for one in bought:
        whole = learn(whole, one)
    assert as_of(whole, JUNE + 1000 * DAY) == whole


def test_a_complaint_that_was_resolved_later_was_open_meanwhile():
    entry = Entry("sara", profile=Profile(1))
    for status, day in (("opened", 1), ("resolved", 9)):
        entry = learn(entry, Complaint("case", status, JUNE + day * DAY, status))
    assert not as_of(entry, JUNE).open_complaints
    assert as_of(entry, JUNE + 5 * DAY).open_complaints
    assert not as_of(entry, JUNE + 10 * DAY).open_complaints


def test_a_consent_counts_from_when_it_was_given():
    consent = Consent("email", "marketing", "granted", JUNE)
    entry = Entry("sara", profile=Profile(1, consents=(consent,)))
    assert as_of(entry, JUNE - DAY).consent("email", "marketing") is None
    assert as_of(entry, JUNE + DAY).consent("email", "marketing") == "granted"


def test_a_rule_says_which_of_its_traits_are_those_of_today():
    rule = parse({"and": [{"field": "tier", "op": "eq", "value": "gold"}, {"segment": "due_now"}]})
    assert taken_as_today(rule) == ["tier"]
    assert taken_as_today(None) == []


def test_whoever_bought_anyway_is_what_the_campaign_has_to_beat():
    found = simulate(campaign(), [customer(-5, 3), customer(-5, 80, name="omar")], SPAN)
    assert (found.contacts, found.bought, found.customers) == (2, 1, 2)
    assert dict(found.months) == {("2026-06", "contacts"): 2, ("2026-06", "bought"): 1}


def test_a_broadcast_finds_those_who_were_in_its_audience_then():
    """Who bought for the first time in July was nobody's customer in June."""
    assert simulate(campaign(), [customer(40)], SPAN).contacts == 0


def test_a_broadcast_every_week_reaches_each_customer_once():
    found = simulate(campaign(), [customer(40)], replace(SPAN, every=7 * DAY))
    assert (found.contacts, dict(found.months)) == (
        1,
        {("2026-07", "contacts"): 1, ("2026-07", "bought"): 0},
    )


def test_who_came_back_was_recognised_just_after_the_purchase_of_a_second_day():
    """The purchase that brings the message about is not its success."""
    back = campaign(start=Trigger(On.RECOGNIZED), audience=None)
    found = simulate(back, [customer(-5, -5, 10, name="back"), customer(10, name="once")], SPAN)
    assert (found.contacts, found.bought) == (1, 0)


def test_a_resolved_complaint_starts_a_journey_after_its_delay():
    resolved = Complaint("case", "resolved", JUNE + 3 * DAY, "e", category="delivery")
    entry = customer(-5, 6, own=Told(complaints=(resolved,), purchases=(Purchase("p", JUNE + 6 * DAY),)))
    start = Trigger(On.COMPLAINT_RESOLVED, DAY, {"complaint_category": ("delivery",)})
    sorry = campaign(start=start, audience=None)
    assert simulate(sorry, [entry], SPAN).bought == 1
    other = replace(sorry, start=replace(start, where={"complaint_category": ("price",)}))
    assert simulate(other, [entry], SPAN).contacts == 0


@pytest.mark.parametrize(
    ("first", "since", "expected"),
    [
        (datetime(2024, 7, 3, 15, tzinfo=UTC), JUNE, ["2026-07-03"]),
        (datetime(2026, 7, 3, 15, tzinfo=UTC), JUNE, []),
        (datetime(2024, 2, 29, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC), ["2026-02-28"]),
        (datetime(2020, 2, 29, tzinfo=UTC), datetime(2024, 2, 1, tzinfo=UTC), ["2024-02-29"]),
    ],
)
def test_an_anniversary_comes_once_a_year(first, since, expected):
    entry = Entry("sara", profile=Profile(1), own=Told(purchases=(Purchase("p", first),)))
    yearly = campaign(start=Trigger(On.ANNIVERSARY), audience=None)
    span = Span(since, since + 90 * DAY, since + 400 * DAY)
    assert [f"{at:%Y-%m-%d}" for at in occasions(yearly, entry, span)] == expected


@pytest.mark.parametrize("on", [On.TIER_CHANGED, On.DUE, On.POINTS_EXPIRING])
def test_what_nobody_keeps_of_the_past_is_refused_with_a_reason(on):
    assert str(on) in refusal(campaign(start=Trigger(on)))


def test_a_question_about_earlier_events_that_nobody_keeps_is_refused():
    asked = Trigger(On.RECOGNIZED, where={"purchase_count": ("2",)})
    assert (
        refusal(campaign(start=asked))
        == "customer.recognized: purchase_count of earlier events is not kept here"
    )
    assert refusal(campaign()) is None


def test_the_decision_is_the_senders_own():
    consent = Consent("email", "service", "withdrawn", JUNE - DAY)
    objected = customer(-5, profile=Profile(1, emails=("sara@example.com",), consents=(consent,)))
    nobody = customer(-5, name="nobody", profile=Profile(1))
    found = simulate(campaign(), [objected, nobody], SPAN)
    assert found.suppressed == {"unsubscribed": 1, "no_address": 1}


def test_quiet_hours_move_the_contact_and_not_the_customer_out():
    quiet = QuietHours(datetime.min.time(), datetime.min.replace(hour=9).time())
    assert simulate(campaign(quiet_hours=quiet), [customer(-5, 0.2)], SPAN).bought == 0
    assert simulate(campaign(), [customer(-5, 0.2)], SPAN).bought == 1


def test_the_holdout_is_left_out_as_it_would_have_been():
    people = [customer(-5, 3, name=f"c{place}") for place in range(200)]
    found = simulate(campaign(holdout=2000), people, SPAN)
    expected = sum(held_out("win-back", one.customer_id, 2000) for one in people)
    assert (found.held_out, found.contacts) == (expected, 200 - expected)
    assert found.held_out_bought == expected


def test_a_journey_is_walked_up_to_its_first_message():
    """Who buys within the wait takes the other arm."""
    bought = parse({"field": "last_purchase_at", "op": "ge", "value": {"start": True}})
    steps = (Wait("wait-1", 3 * DAY), Branch("bought", bought, then=(), otherwise=(HELLO,)))
    journey = campaign(steps=steps)
    assert simulate(journey, [customer(-5, 2)], SPAN).contacts == 0
    found = simulate(journey, [customer(-5, 4)], SPAN)
    assert (found.contacts, found.bought) == (1, 1)


def test_a_window_that_is_not_over_is_told():
    found = simulate(campaign(), [customer(-5)], replace(SPAN, now=JUNE + 10 * DAY))
    assert (found.contacts, found.window_open) == (1, 1)
