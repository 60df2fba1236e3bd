"""May this message go to this customer now? Whom we must never write to, and why we did not."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.domain.cap import Room
from services.notifications.domain.decision import Case, Defer, Drop, Reason, Send, Twin, Way, decide
from services.notifications.domain.quiet import QuietHours
from tests.unit.notifications.builders import NOON, case, way

NIGHT = QuietHours(time(21), time(8))
ZONES = ("UTC", "Asia/Riyadh", "Africa/Cairo", "Europe/London", "America/St_Johns", "Australia/Lord_Howe")
CHANNELS = ("email", "sms", "whatsapp")

moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
times_of_day = st.times().map(lambda at: at.replace(second=0, microsecond=0))
consents = st.sampled_from([None, "granted", "withdrawn"])
ways = st.lists(
    st.builds(Way, st.sampled_from(CHANNELS), st.booleans(), st.booleans(), consents),
    max_size=3,
    unique_by=lambda one: one.channel,
).map(tuple)
cases = st.builds(
    Case,
    now=moments,
    expires_at=moments,
    purpose=st.sampled_from(["service", "marketing", "transactional"]),
    known=st.booleans(),
    ways=ways,
    open_complaints=st.integers(0, 1),
    in_segment=st.booleans(),
    room=st.none() | st.builds(Room, moments, st.booleans()),
    quiet_hours=st.none() | st.builds(QuietHours, times_of_day, times_of_day),
    zone=st.sampled_from(ZONES),
    held_out=st.booleans(),
    twin=st.none() | st.sampled_from(Twin),
    patience=st.timedeltas(timedelta(seconds=1), timedelta(hours=1)),
)
# Of cases drawn at random few are sent: here nothing stands against it but what a test is about.
open_cases = st.builds(
    case,
    purpose=st.sampled_from(["service", "marketing", "transactional"]),
    ways=st.lists(st.sampled_from(CHANNELS), min_size=1, unique=True).map(
        lambda channels: tuple(way(channel, consent="granted") for channel in channels)
    ),
    now=moments,
    expires_at=st.just(datetime(2031, 1, 1, tzinfo=UTC)),
)
anyhow = cases | open_cases
EMAIL = Send("email")


def test_a_customer_who_came_back_is_thanked_without_having_been_asked_for_consent():
    assert decide(case()) == EMAIL


@pytest.mark.parametrize(
    ("against", "reason"),
    [
        ({"ways": (way(consent="withdrawn"),)}, Reason.UNSUBSCRIBED),
        ({"purpose": "marketing"}, Reason.NO_CONSENT),
        ({"purpose": "marketing", "ways": (way(consent="withdrawn"),)}, Reason.UNSUBSCRIBED),
        ({"ways": (way(has_address=False),)}, Reason.NO_ADDRESS),
        ({"ways": (way(bounced=True),)}, Reason.BOUNCED),
        ({"ways": ()}, Reason.NO_ADDRESS),
        ({"open_complaints": 1}, Reason.OPEN_COMPLAINT),
        ({"in_segment": False}, Reason.LEFT_SEGMENT),
        ({"expires_at": NOON}, Reason.EXPIRED),
        ({"twin": Twin.SENT}, Reason.DUPLICATE),
        ({"twin": Twin.AHEAD}, Reason.DUPLICATE),
        ({"held_out": True}, Reason.HOLDOUT),
        ({"room": Room(NOON + timedelta(days=4))}, Reason.FREQUENCY_CAP),
    ],
)
def test_what_stands_against_a_message_for_good_drops_it(against, reason):
    assert decide(case(**against)) == Drop(reason)


def test_marketing_goes_to_those_who_said_yes():
    assert decide(case(purpose="marketing", ways=(way(consent="granted"),))) == EMAIL


def test_of_several_channels_the_first_that_is_open_is_taken():
    closed = (way("whatsapp", has_address=False), way("sms", consent="withdrawn"))
    assert decide(case(ways=(*closed, way("email")))) == EMAIL


def test_with_all_channels_closed_the_one_that_is_closest_to_open_says_why():
    closed = (way("whatsapp", has_address=False), way("sms", bounced=True), way("email", consent="withdrawn"))
    assert decide(case(ways=closed)) == Drop(Reason.UNSUBSCRIBED)


def test_a_customer_who_is_over_the_cap_gets_the_message_when_there_is_room():
    free = NOON + timedelta(hours=30)
    assert decide(case(room=Room(free))) == Defer(free, Reason.FREQUENCY_CAP)


def test_while_somebody_else_may_be_taking_the_last_place_a_message_waits_to_see():
    assert decide(case(room=Room(NOON, disputed=True))) == Defer(
        NOON + timedelta(seconds=5), Reason.FREQUENCY_CAP
    )


def test_who_is_held_out_is_so_at_the_moment_at_which_they_would_have_got_the_message():
    night_in_riyadh = datetime(2026, 3, 4, 19, 30, tzinfo=UTC)
    waiting = decide(case(now=night_in_riyadh, quiet_hours=NIGHT, zone="Asia/Riyadh", held_out=True))
    assert waiting == Defer(datetime(2026, 3, 5, 5, tzinfo=UTC), Reason.QUIET_HOURS)


def test_who_could_not_have_been_contacted_anyway_is_not_counted_as_held_out():
    assert decide(case(held_out=True, open_complaints=1)) == Drop(Reason.OPEN_COMPLAINT)


def test_a_recognition_that_overtakes_the_profile_waits_for_it():
    overtaken = case(known=False, ways=(), patience=timedelta(seconds=5))
    assert decide(overtaken) == Defer(NOON + timedelta(seconds=5), Reason.NOT_YET_KNOWN)


def test_a_profile_that_never_comes_ends_in_a_drop_and_not_in_waiting_for_ever():
    late = case(known=False, expires_at=NOON + timedelta(seconds=2))
    assert decide(late) == Defer(late.expires_at, Reason.NOT_YET_KNOWN)
    assert decide(case(known=False, now=late.expires_at, expires_at=late.expires_at)) == Drop(Reason.EXPIRED)


def test_at_night_a_message_waits_for_the_customers_own_morning():
    night_in_riyadh = datetime(2026, 3, 4, 19, 30, tzinfo=UTC)  # 22:30 there
    waiting = decide(case(now=night_in_riyadh, quiet_hours=NIGHT, zone="Asia/Riyadh"))
    assert waiting == Defer(datetime(2026, 3, 5, 5, tzinfo=UTC), Reason.QUIET_HOURS)
    assert decide(case(now=night_in_riyadh, quiet_hours=NIGHT, zone="Europe/London")) == EMAIL


def test_quiet_hours_are_off_unless_somebody_sets_them():
    assert decide(case(now=NOON.replace(hour=3))) == EMAIL


def test_while_a_twin_is_being_sent_the_other_waits_to_see_what_becomes_of_it():
    assert isinstance(decide(case(twin=Twin.IN_FLIGHT)), Defer)


@given(anyhow)
def test_nobody_is_contacted_against_their_will_or_without_an_address(a_case):
    if isinstance(decision := decide(a_case), Send):
        [way] = [one for one in a_case.ways if one.channel == decision.channel]
        assert way.has_address
        assert not way.bounced
        assert way.consent != "withdrawn"
        assert a_case.purpose != "marketing" or way.consent == "granted"


@given(anyhow)
def test_nobody_is_contacted_during_a_complaint_out_of_the_segment_out_of_the_holdout_or_twice(a_case):
    if isinstance(decide(a_case), Send):
        assert not a_case.open_complaints
        assert a_case.in_segment
        assert not a_case.held_out
        assert a_case.twin is None
        assert a_case.known
        assert a_case.now < a_case.expires_at


@given(anyhow, moments, st.booleans())
def test_nobody_is_contacted_over_the_cap(a_case, free, disputed):
    capped = replace(a_case, room=Room(free, disputed))
    if isinstance(decide(capped), Send):
        assert free <= capped.now
        assert not disputed


@given(anyhow, st.builds(QuietHours, times_of_day, times_of_day), st.sampled_from(ZONES))
def test_nobody_is_contacted_within_quiet_hours(a_case, quiet, zone):
    if isinstance(decide(replace(a_case, quiet_hours=quiet, zone=zone)), Send):
        assert not quiet.cover(a_case.now.astimezone(ZoneInfo(zone)).time())


@given(anyhow)
def test_whatever_is_not_sent_has_a_reason(a_case):
    decision = decide(a_case)
    assert isinstance(decision, Send) or decision.reason in Reason


@given(anyhow)
def test_a_deferral_lies_ahead_and_not_beyond_the_expiry(a_case):
    decision = decide(a_case)
    if isinstance(decision, Defer):
        assert a_case.now < decision.until <= a_case.expires_at


@given(anyhow)
def test_once_it_has_expired_no_message_is_deferred_again(a_case):
    assert decide(replace(a_case, now=a_case.expires_at)) == Drop(Reason.EXPIRED)


@given(anyhow)
def test_looking_again_and_again_comes_to_an_end(a_case):
    a_case = replace(a_case, expires_at=a_case.now + timedelta(hours=30), patience=timedelta(minutes=20))
    for _ in range(30 * 3 + 2):
        decision = decide(a_case)
        if not isinstance(decision, Defer):
            return
        # Whatever kept it is still there.
        a_case = replace(a_case, now=decision.until)
    raise AssertionError("it is put off for ever")
