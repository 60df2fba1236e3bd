"""Quiet hours by the clock on the customer's wall, also on the two days on which that clock jumps."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.domain.quiet import QuietHours, known_zone, quiet_until

NIGHT = QuietHours(time(21), time(8))
LONDON = "Europe/London"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "ends"),
    [
        ("2026-01-10 20:59", None),
        ("2026-01-10 21:00", "2026-01-11 08:00"),
        ("2026-01-11 07:59", "2026-01-11 08:00"),
        ("2026-01-11 08:00", None),
    ],
)
def test_a_night_begins_with_its_first_minute_and_ends_before_its_last(now, ends):
    assert quiet_until(utc(now), NIGHT, "UTC") == (utc(ends) if ends else None)


def test_quiet_hours_within_one_day_do_not_cover_the_night():
    siesta = QuietHours(time(13), time(16))
    assert quiet_until(utc("2026-01-10 14:00"), siesta, "UTC") == utc("2026-01-10 16:00")
    assert quiet_until(utc("2026-01-10 02:00"), siesta, "UTC") is None


def test_equal_times_mean_no_quiet_hours():
    assert quiet_until(utc("2026-01-10 14:00"), QuietHours(time(14), time(14)), "UTC") is None


def test_the_night_of_the_spring_change_is_an_hour_shorter():
    assert quiet_until(utc("2026-03-28 22:00"), NIGHT, LONDON) == utc("2026-03-29 07:00")


def test_the_night_of_the_autumn_change_is_an_hour_longer():
    assert quiet_until(utc("2026-10-24 21:00"), NIGHT, LONDON) == utc("2026-10-25 08:00")


def test_an_end_that_the_spring_change_skips_is_taken_after_the_gap():
    until = quiet_until(utc("2026-03-28 23:00"), QuietHours(time(21), time(1, 30)), LONDON)
    assert until == utc("2026-03-29 01:30")
    assert until.astimezone(ZoneInfo(LONDON)).time() == time(2, 30)


def test_an_end_that_the_autumn_change_repeats_still_lies_ahead_in_the_second_pass():
    # 01:10 for the second time; the first 01:30 was forty minutes ago.
    until = quiet_until(utc("2026-10-25 01:10"), QuietHours(time(21), time(1, 30)), LONDON)
    assert until == utc("2026-10-25 01:30")


def test_a_country_that_changes_its_clock_at_midnight_is_no_exception():
    # Cairo, 24 April 2026: 00:00 does not exist.
    until = quiet_until(utc("2026-04-23 21:00"), QuietHours(time(23), time(0, 0)), "Africa/Cairo")
    assert until == utc("2026-04-23 22:00")
    assert quiet_until(until, QuietHours(time(23), time(0, 0)), "Africa/Cairo") is None


@given(
    st.datetimes(datetime(2010, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),
    st.times(),
    st.times(),
    st.timezone_keys(),
)
def test_quiet_hours_always_end_later_than_now_and_are_over_then(now, start, end, zone):
    quiet = QuietHours(start, end)
    until = quiet_until(now, quiet, zone)
    if until is not None:
        assert until > now
        # Where a jump of the clock leads back into the quiet hours, the next end is another one.
        again = quiet_until(until, quiet, zone)
        assert again is None or again > until


@pytest.mark.parametrize("name", [None, "", "Nowhere/Atall", "../../etc/passwd", "/etc/localtime", "x\0y"])
def test_a_time_zone_that_nobody_knows_falls_back(name):
    assert known_zone(name, "Asia/Riyadh") == "Asia/Riyadh"
