"""Journeys as rows: everybody's ends, nobody meets a step twice, and planning again changes nothing."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications import publishing
from services.notifications.domain.campaign import (
    Branch,
    Campaign,
    Grant,
    Message,
    On,
    Purpose,
    Step,
    Trigger,
    Wait,
    after,
    first,
)
from services.notifications.domain.decision import Reason
from services.notifications.domain.outreach import (
    Outreach,
    State,
    accepted,
    dropped,
    failed,
    forgotten,
    passed,
    refused,
)
from services.notifications.domain.segment import parse
from services.notifications.planning.journeys import enrol, follow, triggered

from .builders import NOON, complained, recognized, recorded, told

LOYAL = parse({"segment": "loyal"})


def message(id: str, *channels: str) -> Message:
    return Message(id, "text", channels or ("email",))


def journey(*steps: Step, **changes: Any) -> Campaign:
    usual: dict[str, Any] = {
        "id": "care",
        "version": 3,
        "purpose": Purpose.SERVICE,
        "start": Trigger(On.RECOGNIZED),
        "steps": steps,
    }
    return Campaign(**usual | changes)


def begun(campaign: Campaign, **changes: Any) -> Outreach:
    usual: dict[str, Any] = {"cause": "event-1", "correlation": "purchase-1", "context": {"to": "gold"}}
    return enrol(campaign, "sara", "once", NOON, **usual | changes)


def settled(row: Outreach, how: str, at: timedelta = timedelta(minutes=1)) -> Outreach:
    now = max(row.not_before, row.planned_at) + at
    match how:
        case "sent":
            return accepted(row, "<id>", "en", "mark", now)
        case "bounced":
            return refused(row, [], "550", now)
        case "fault":
            return failed(row, "no text", now)
        case "yes" | "no":
            return passed(row, now, holds=how == "yes")
        case _:
            return dropped(row, how, now)


def test_the_first_message_waits_for_the_delay_and_for_waits_before_it() -> None:
    campaign = journey(
        Wait("w", timedelta(hours=3)),
        message("hello", "sms", "email"),
        start=Trigger(On.RECOGNIZED, delay=timedelta(hours=2)),
        keep_trying=timedelta(days=1),
    )
    row = begun(campaign)
    assert (row.step, row.channel, row.version) == ("hello", "sms", 3)
    assert (row.planned_at, row.enrolled_at) == (NOON, NOON)
    assert row.not_before == NOON + timedelta(hours=5)
    assert row.expires_at == row.not_before + timedelta(days=1)
    assert row.context == {"to": "gold"}


def test_the_next_message_waits_from_when_the_last_was_settled() -> None:
    campaign = journey(message("hello"), Wait("w", timedelta(days=3)), message("more"))
    hello = settled(begun(campaign), "sent", at=timedelta(hours=7))
    more = follow(campaign, hello)
    assert more is not None
    assert more.not_before == NOON + timedelta(hours=7, days=3)
    assert (more.step, more.occurrence, more.enrolled_at) == ("more", "once", NOON)
    assert (more.cause, more.correlation, more.context) == (hello.cause, hello.correlation, hello.context)
    assert follow(campaign, settled(more, "sent")) is None


@pytest.mark.parametrize("purpose", list(Purpose))
def test_transactional_messages_are_not_capped_all_others_are(purpose: Purpose) -> None:
    assert begun(journey(message("hello"), purpose=purpose)).capped is (purpose is not Purpose.TRANSACTIONAL)


def test_what_writes_to_nobody_takes_no_place_under_the_cap() -> None:
    row = begun(journey(Grant("points", 5, "A gift"), message("hello", "whatsapp")))
    assert (row.step, row.capped) == ("points", False)
    # Should it be dropped, the world is told so, and the contract wants a channel.
    assert row.channel == "whatsapp"


def test_a_branch_leads_to_one_of_its_arms_and_both_go_on_behind_it() -> None:
    campaign = journey(
        Branch("loyal", LOYAL, then=(message("thanks"),), otherwise=(message("come-back"),)), message("last")
    )
    for answer, arm in (("yes", "thanks"), ("no", "come-back")):
        chosen = follow(campaign, settled(begun(campaign), answer))
        assert chosen is not None
        assert chosen.step == arm
        last = follow(campaign, settled(chosen, "sent"))
        assert last is not None
        assert last.step == "last"


@pytest.mark.parametrize("reason", ["holdout", "left_segment", "duplicate", "open_complaint", "fault"])
def test_a_journey_ends_with_who_is_not_to_be_reached_at_all(reason: str) -> None:
    campaign = journey(message("hello"), message("more"))
    assert follow(campaign, settled(begun(campaign), reason)) is None


@pytest.mark.parametrize(
    "reason",
    ["no_address", "no_consent", "unsubscribed", "bounced", "frequency_cap", "quiet_hours", "expired"],
)
def test_a_message_that_cannot_go_does_not_end_the_journey(reason: str) -> None:
    """Who has no e-mail address still gets the points, and the question by another channel."""
    campaign = journey(message("hello"), Grant("points", 5, "A gift"))
    row = follow(campaign, settled(begun(campaign), reason))
    assert row is not None
    assert row.step == "points"


def test_every_reason_either_ends_a_journey_or_does_not() -> None:
    campaign = journey(message("hello"), message("more"))
    ends = {one for one in Reason if follow(campaign, settled(begun(campaign), one)) is None}
    assert ends == {Reason.HOLDOUT, Reason.LEFT_SEGMENT, Reason.DUPLICATE, Reason.OPEN_COMPLAINT}


def test_an_edit_while_running_sends_nobody_the_same_twice() -> None:
    """Ids of rows know nothing of versions: what was planned by the old one is there already."""
    old = journey(message("hello"), message("more"))
    new = replace(old, version=4, steps=(message("hello", "sms"), message("more")))
    assert begun(old).id == begun(new).id
    assert begun(old).campaign_key != begun(new).campaign_key


def test_a_step_that_its_version_does_not_have_is_the_end() -> None:
    row = settled(begun(journey(message("hello"))), "sent")
    assert follow(journey(message("other"), message("more")), row) is None


# Any journey


def steps_of(depth: int) -> st.SearchStrategy[tuple[Any, ...]]:
    kinds: list[st.SearchStrategy[Any]] = [
        st.just("message"),
        st.just("grant"),
        st.integers(0, 90).map(lambda minutes: timedelta(minutes=minutes)),
    ]
    if depth:
        kinds.append(st.tuples(steps_of(depth - 1), steps_of(depth - 1)))
    return st.lists(st.one_of(kinds), max_size=4).map(tuple)


def built(shape: tuple[Any, ...], numbers: list[int]) -> tuple[Step, ...]:
    """Steps of a shape, each with an id of its own."""
    steps: list[Step] = []
    for one in shape:
        numbers[0] += 1
        name = f"s{numbers[0]}"
        if isinstance(one, timedelta):
            steps.append(Wait(name, one))
        elif isinstance(one, tuple):
            steps.append(Branch(name, LOYAL, built(one[0], numbers), built(one[1], numbers)))
        else:
            steps.append(message(name) if one == "message" else Grant(name, 5, "A gift"))
    return tuple(steps)


journeys = (
    steps_of(3)
    .map(lambda shape: journey(*built(shape, [0])))
    .filter(lambda campaign: first(campaign).step is not None)
)
ENDS = ["sent", "bounced", "fault", *Reason]


@given(journeys, st.data())
def test_every_journey_ends_meets_no_step_twice_and_never_goes_back_in_time(
    campaign: Campaign, data: st.DataObject
) -> None:
    row: Outreach | None = begun(campaign)
    met: list[str] = []
    at = NOON
    while row:
        assert row.step not in met
        assert row.not_before >= at
        met.append(row.step)
        step = next(one for one in campaign.all_steps() if one.id == row.step)
        assert not isinstance(step, Wait)
        ends = ENDS if isinstance(step, Message) else ["yes", "no"]
        done = settled(row, data.draw(st.sampled_from(ends)))
        at = done.settled_at or at
        assert follow(campaign, done) == follow(campaign, done)
        row = follow(campaign, done)
    assert len(met) <= len(list(campaign.all_steps()))


@given(journeys, st.booleans())
def test_steps_are_met_in_the_order_of_the_file(campaign: Campaign, holds: bool) -> None:
    order = [step.id for step in campaign.all_steps()]
    stop, met = first(campaign), []
    while stop.step:
        met.append(stop.step.id)
        stop = after(campaign, stop.step.id, holds=holds)
    assert met == sorted(met, key=order.index)


# What starts them

RECOGNITION = journey(message("thanks"))
GOLD = journey(
    message("up"),
    id="up",
    start=Trigger(On.TIER_CHANGED, where={"to": ("gold", "top"), "cause": ("purchase",)}),
)
SORRY = journey(message("sorry"), id="sorry", start=Trigger(On.COMPLAINT_RESOLVED))
DUE = journey(message("again"), id="due", start=Trigger(On.DUE))
ALL = (RECOGNITION, GOLD, SORRY, DUE)


def tier_changed(to: str = "gold", cause: str = "purchase", id: str = "change-1") -> Any:
    data = {"customer_id": "sara", "from": "silver", "to": to, "cause": cause}
    return told("loyalty.tier_changed.v1", id=id, **data)


def test_recognition_happens_once_in_a_life() -> None:
    again = {**recognized("sara"), "id": "told again"}
    [row] = triggered(ALL, [recognized("sara"), again], NOON)
    assert (row.campaign, row.step, row.occurrence) == ("care", "thanks", "once")
    assert row.context == {"recognized_at": "2026-03-04T12:00:00Z", "purchase_count": "2"}


def test_each_change_of_tier_is_an_occurrence_if_it_is_the_one_that_is_asked_for() -> None:
    events = [tier_changed(), tier_changed(), tier_changed(id="change-2"), tier_changed("silver")]
    events += [tier_changed(cause="return")]
    rows = triggered(ALL, events, NOON)
    assert [row.occurrence for row in rows] == ["change-1", "change-2"]
    assert rows[0].context == {"from": "silver", "to": "gold", "cause": "purchase"}
    assert (rows[0].cause, rows[0].correlation) == ("change-1", "change-1")


def test_a_resolved_complaint_starts_a_journey_that_knows_which_it_was() -> None:
    [row] = triggered(
        ALL, [complained("sara", "resolved", id="i-1"), complained("sara", "opened", id="i-2")], NOON
    )
    assert (row.campaign, row.occurrence) == ("sorry", "i-1")
    assert row.context == {
        "interaction_id": "i-1",
        "source": "/callcentre",
        "complaint_id": "C-7",
        "complaint_category": "delivery",
        "severity": "high",
    }


def test_the_due_date_of_a_purchase_is_one_occurrence_however_often_it_is_computed() -> None:
    data = {"customer_id": "sara", "last_purchase_at": "2026-02-01T12:00:00Z", "mean_interval_days": 30.5}
    events = [
        told("repurchase.due.v1", id=str(day), due_at=f"2026-03-0{day}T12:00:00Z", **data) for day in (3, 4)
    ]
    [row] = triggered(ALL, events, NOON)
    assert row.occurrence == "2026-02-01T12:00:00Z"
    assert row.context["due_at"] == "2026-03-03T12:00:00Z"


def test_who_slips_away_is_met_once_after_each_last_purchase() -> None:
    risk = journey(
        message("miss you"), id="risk", start=Trigger(On.RISK_RAISED, where={"standing": ("at_risk",)})
    )
    data = {"customer_id": "sara", "since": "2026-03-01T00:00:00Z", "expected_interval_days": 35.2}
    events = [
        told(
            "churn.risk_raised.v1",
            id=id,
            standing=standing,
            last_purchase_at=f"2026-0{month}-01T12:00:00Z",
            **data,
        )
        for id, standing, month in (("1", "at_risk", 1), ("2", "at_risk", 1), ("3", "lost", 2))
    ]
    [row] = triggered((*ALL, risk), events, NOON)
    assert (row.campaign, row.occurrence) == ("risk", "2026-01-01T12:00:00Z")
    assert row.context["expected_interval_days"] == "35.2"


def test_of_an_event_nothing_is_kept_but_what_is_listed_as_plain_text() -> None:
    event = complained("sara", "resolved", id="i-1")
    event["data"]["data"] |= {"text": "My phone number is ...", "complaint_id": {"$ne": 1}}
    [row] = triggered(ALL, [event], NOON)
    assert set(row.context) == {"interaction_id", "source", "complaint_category", "severity"}


def test_what_starts_nothing_starts_nothing() -> None:
    events = [
        recorded("sara", "purchase.completed.v1", id="p-1"),
        told("customer.updated.v1", customer_id="sara"),
    ]
    assert triggered(ALL, events, NOON) == []
    assert triggered((), [recognized("sara")], NOON) == []


def test_one_event_starts_every_campaign_that_waits_for_it() -> None:
    rows = triggered((RECOGNITION, replace(RECOGNITION, id="other")), [recognized("sara")], NOON)
    assert [row.campaign for row in rows] == ["care", "other"]
    assert len({row.id for row in rows}) == 2


def test_the_states_that_settle_a_row_are_all_followed() -> None:
    campaign = journey(message("hello"), message("more"))
    row = replace(settled(begun(campaign), "sent"), state=State.BOUNCED)
    assert follow(campaign, row) is not None


def test_a_journey_belongs_to_the_trace_of_the_event_that_began_it() -> None:
    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    [row] = triggered((RECOGNITION,), [recognized("sara") | {"traceparent": traceparent}], NOON)
    [forged] = triggered((RECOGNITION,), [recognized("sara") | {"traceparent": {"$ne": 1}}], NOON)
    assert (row.traceparent, forged.traceparent) == (traceparent, None)

    campaign = journey(message("hello"), message("more"))
    sent = settled(begun(campaign, traceparent=traceparent), "sent")
    following = follow(campaign, sent)
    assert following is not None
    assert following.traceparent == traceparent
    assert publishing.announcement(sent)["traceparent"] == traceparent
    assert forgotten(sent).traceparent is None
