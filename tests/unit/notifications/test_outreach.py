"""The life of a message: what each outcome makes of it."""

from datetime import timedelta

import pytest

from services.notifications.domain.cap import Cap
from services.notifications.domain.decision import Case, Drop, Reason, Send, Twin, decide
from services.notifications.domain.evidence import case_of, decided, twin_of
from services.notifications.domain.outreach import (
    LONGEST_RETRY,
    Outreach,
    State,
    accepted,
    failed,
    put_off,
    refused,
)
from services.notifications.domain.told import Told
from tests.unit.notifications.builders import NOON, campaign, complaint, entry, profile, row


def looked_at(known: object, at: str | None = "sara@example.com", mine: Outreach | None = None) -> Case:
    return case_of(
        mine or row(), campaign(), known, channels=("email",), addresses={"email": at}, now=NOON
    )  # fmt: skip


def test_a_decision_is_on_record_with_what_it_was_based_on():
    known = entry(own=Told((complaint("opened"),)))
    case = looked_at(known)
    dropped = decided(row(), case, decide(case))
    assert (dropped.state, dropped.reason) == (State.DROPPED, "open_complaint")
    assert dropped.decision["outcome"] == "drop"
    assert dropped.decision["open_complaints"] == 1
    assert dropped.decision["at"] == NOON


def test_an_erased_customer_is_dropped_at_once_and_not_waited_for():
    known = entry(profile=None, member=None, erased=True)
    case = looked_at(known, at=None)
    assert decide(case) == Drop(Reason.NO_ADDRESS)


@pytest.mark.parametrize("missing", ["profile", "member"])
def test_without_profile_or_tier_there_is_nothing_to_write_yet(missing):
    known = entry(**{missing: None})
    case = looked_at(known)
    assert decide(case).reason is Reason.NOT_YET_KNOWN


def test_an_unknown_time_zone_counts_as_the_campaigns():
    known = entry(profile=profile(timezone="Mars/Olympus"))
    assert looked_at(known).zone == "UTC"


def test_tries_grow_further_apart_and_then_keep_a_distance():
    tried, delays = row(), []
    for _ in range(12):
        before, tried = tried, put_off(tried, "451 later", NOON)
        assert (tried.state, tried.attempts) == (State.PLANNED, before.attempts + 1)
        delays.append(tried.not_before - NOON)
    assert delays[:3] == [timedelta(seconds=10), timedelta(seconds=20), timedelta(seconds=40)]
    assert delays == sorted(delays)
    assert delays[-1] == LONGEST_RETRY


def test_a_far_end_that_asks_for_an_hour_is_not_asked_again_before():
    hour = timedelta(hours=1)
    assert put_off(row(), "429", NOON, at_least=hour).not_before == NOON + hour
    assert put_off(row(), "429", NOON, at_least=timedelta(seconds=1)).not_before == NOON + timedelta(
        seconds=10
    )


def test_what_is_settled_is_to_be_announced():
    done = [accepted(row(), "<id>", "ar", "mark", NOON), refused(row(), ["email"], "550 unknown", NOON)]
    assert all(one.announce_by > NOON and one.claim is None for one in done)
    assert [one.state for one in done] == [State.SENT, State.FAILED]


def test_a_message_to_send_stays_claimed_until_the_server_has_spoken():
    claimed = row(state=State.CLAIMED, claim="mine")
    assert decided(claimed, looked_at(entry(), mine=claimed), Send("email")).state is State.CLAIMED


def test_a_message_that_one_channel_refuses_goes_on_by_the_next_at_once_and_is_tried_there_from_the_start():
    tried = put_off(row(channel="whatsapp"), "503", NOON)
    again = refused(tried, ["whatsapp", "email"], "not on whatsapp", NOON)
    assert (again.state, again.channel, again.not_before) == (State.PLANNED, "email", NOON)
    assert (again.tried, again.attempts, again.announce_by) == (("whatsapp",), 0, None)
    given_up = refused(again, ["whatsapp", "email"], "550 unknown", NOON)
    assert (given_up.state, given_up.tried) == (State.FAILED, ("whatsapp", "email"))


def test_a_channel_that_has_failed_is_no_way_any_more():
    open_ = case_of(
        row(tried=("email",)),
        campaign(),
        entry(),
        channels=("email", "sms"),
        addresses={"email": "sara@example.com", "sms": "+966501234567"},
        now=NOON,
    )
    assert decide(open_) == Send("sms")


def test_a_place_under_the_cap_is_held_by_what_is_planned_and_let_go_by_what_has_failed():
    """The rows are the reservations: nothing has to be released, so nothing can be forgotten."""
    caps = [Cap(1, timedelta(days=1))]
    mine = row("sara", id="m", campaign="sale", capped=True, priority=10)
    other = row("sara", id="o", campaign="birthday", capped=True, priority=90)

    def room(one):
        case = case_of(mine, campaign("sale"), entry(), channels=("email",), addresses={}, others=[one],
                       caps=caps, now=NOON)  # fmt: skip
        return case.room.at

    assert room(other) == NOON + timedelta(days=1)
    for gone in (failed(other, "fault", NOON), refused(other, ["email"], "550 unknown", NOON)):
        assert room(gone) == NOON


@pytest.mark.parametrize(
    ("other", "twin"),
    [
        (row("b", state=State.SENT), Twin.SENT),
        (row("b", id="0", state=State.PLANNED), Twin.AHEAD),
        (row("b", id="0", state=State.CLAIMED), Twin.AHEAD),
        (row("b", id="z", state=State.CLAIMED), Twin.IN_FLIGHT),
        (row("b", id="z", state=State.PLANNED), None),
        (row("b", id="0", state=State.DROPPED), None),
        (row("b", id="0", state=State.SENT, occurrence="other"), None),
        (row("b", id="0", state=State.SENT, campaign="other"), None),
    ],
)
def test_of_the_same_message_to_two_ids_of_one_person_one_goes_out(other, twin):
    mine = row("a", id="5", state=State.CLAIMED)
    assert twin_of(mine, [mine, other]) is twin


def test_two_workers_who_hold_twins_at_once_do_not_both_give_way():
    one, two = (row(name, id=name, state=State.CLAIMED) for name in ("1", "2"))
    twins = [twin_of(one, [one, two]), twin_of(two, [one, two])]
    assert twins == [Twin.IN_FLIGHT, Twin.AHEAD]
