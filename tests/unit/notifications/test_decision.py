"""May this message go to this customer now? Whom we must never write to, and why we did not."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.domain.decision import Case, Defer, Drop, Reason, Send, Twin, decide
from services.notifications.domain.quiet import QuietHours
from tests.unit.notifications.builders import NOON, case

NIGHT = QuietHours(time(21), time(8))
ZONES = ("UTC", "Asia/Riyadh", "Africa/Cairo", "Europe/London", "America/St_Johns", "Australia/Lord_Howe")

moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
times_of_day = st.times().map(lambda at: at.replace(second=0, microsecond=0))
cases = st.builds(
    Case,
    now=moments,
    expires_at=moments,
    channel=st.sampled_from(["email", "sms"]),
    purpose=st.sampled_from(["service", "marketing"]),
    known=st.booleans(),
    has_address=st.booleans(),
    consent=st.sampled_from([None, "granted", "withdrawn"]),
    open_complaints=st.integers(0, 3),
    quiet_hours=st.none() | st.builds(QuietHours, times_of_day, times_of_day),
    zone=st.sampled_from(ZONES),
    twin=st.none() | st.sampled_from(Twin),
    patience=st.timedeltas(timedelta(seconds=1), timedelta(hours=1)),
)


def test_a_customer_who_came_back_is_thanked_without_having_been_asked_for_consent():
    assert decide(case(consent=None)) == Send()


@pytest.mark.parametrize(
    ("against", "reason"),
    [
        ({"consent": "withdrawn"}, Reason.NO_CONSENT),
        ({"purpose": "marketing"}, Reason.NO_CONSENT),
        ({"has_address": False}, Reason.NO_ADDRESS),
        ({"open_complaints": 1}, Reason.OPEN_COMPLAINT),
        ({"expires_at": NOON}, Reason.EXPIRED),
        ({"twin": Twin.SENT}, Reason.DUPLICATE),
        ({"twin": Twin.AHEAD}, Reason.DUPLICATE),
    ],
)
def test_what_stands_against_a_message_for_good_drops_it(against, reason):
    assert decide(case(**against)) == Drop(reason)


def test_marketing_goes_to_those_who_said_yes():
    assert decide(case(purpose="marketing", consent="granted")) == Send()


def test_a_recognition_that_overtakes_the_profile_waits_for_it():
    overtaken = case(known=False, has_address=False, patience=timedelta(seconds=5))
    assert decide(overtaken) == Defer(NOON + timedelta(seconds=5), Reason.NOT_YET_KNOWN)


def test_a_profile_that_never_comes_ends_in_a_drop_and_not_in_waiting_for_ever():
    late = case(known=False, expires_at=NOON + timedelta(seconds=2))
    assert decide(late) == Defer(late.expires_at, Reason.NOT_YET_KNOWN)
    assert decide(case(known=False, now=late.expires_at, expires_at=late.expires_at)) == Drop(Reason.EXPIRED)


def test_at_night_a_message_waits_for_the_customers_own_morning():
    night_in_riyadh = datetime(2026, 3, 4, 19, 30, tzinfo=UTC)  # 22:30 there
    waiting = decide(case(now=night_in_riyadh, quiet_hours=NIGHT, zone="Asia/Riyadh"))
    assert waiting == Defer(datetime(2026, 3, 5, 5, tzinfo=UTC), Reason.QUIET_HOURS)
    assert decide(case(now=night_in_riyadh, quiet_hours=NIGHT, zone="Europe/London")) == Send()


def test_quiet_hours_are_off_unless_somebody_sets_them():
    assert decide(case(now=NOON.replace(hour=3))) == Send()


def test_while_a_twin_is_being_sent_the_other_waits_to_see_what_becomes_of_it():
    assert isinstance(decide(case(twin=Twin.IN_FLIGHT)), Defer)


@given(cases)
def test_nobody_is_contacted_without_address_or_consent_or_during_a_complaint(a_case):
    if isinstance(decide(a_case), Send):
        assert a_case.known
        assert a_case.has_address
        assert a_case.consent != "withdrawn"
        assert a_case.purpose == "service" or a_case.consent == "granted"
        assert not a_case.open_complaints
        assert a_case.now < a_case.expires_at
        assert a_case.twin is None


@given(cases)
def test_nobody_is_contacted_within_quiet_hours(a_case):
    if isinstance(decide(a_case), Send) and a_case.quiet_hours:
        local = a_case.now.astimezone(ZoneInfo(a_case.zone)).time()
        assert not a_case.quiet_hours.cover(local)


@given(cases)
def test_whatever_is_not_sent_has_a_reason(a_case):
    decision = decide(a_case)
    assert isinstance(decision, Send) or decision.reason in Reason


@given(cases)
def test_a_deferral_lies_ahead_and_not_beyond_the_expiry(a_case):
    decision = decide(a_case)
    if isinstance(decision, Defer):
        assert a_case.now < decision.until <= a_case.expires_at


@given(cases)
def test_once_it_has_expired_no_message_is_deferred_again(a_case):
    assert decide(replace(a_case, now=a_case.expires_at)) == Drop(Reason.EXPIRED)
