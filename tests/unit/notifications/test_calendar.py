"""What the calendar brings: nobody's day is left out, none comes twice, whatever the clocks do."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.domain.calendar import Sweep, anniversaries_on, sweep
from services.notifications.domain.campaign import Campaign, Message, On, Purpose, Trigger
from services.notifications.domain.segment import matches, parse

TODAY = date(2026, 3, 4)
DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))


def campaign(on: On, days_before: int = 0, **changes: Any) -> Campaign:
    steps = (Message("hello", "text", ("email",)),)
    start = Trigger(on, days_before=days_before)
    usual: dict[str, Any] = {"id": "day", "version": 1, "purpose": Purpose.SERVICE, "start": start}
    return Campaign(**usual | {"steps": steps} | changes)


def midday(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def swept(one: Campaign, today: date = TODAY, before: date | None = None) -> Sweep:
    return sweep(one, today, before, midday(today))


def customer(first: date) -> dict[str, Any]:
    return {"first_purchase_at": midday(first), "anniversary": f"{first:%m-%d}"}


def found(made: Sweep, traits: dict[str, Any], today: date = TODAY) -> str | None:
    """The occurrence for a customer, None for whom the sweep does not find or passes over."""
    occasion = made.occasion(traits) if matches(made.rule, traits, midday(today)) else None
    return occasion[0] if occasion else None


@given(DAYS, st.integers(1, 60))
def test_everybody_has_one_anniversary_each_year(first: date, year: int) -> None:
    """29 February's is on the 28th where there is no 29th."""
    start = date(first.year + year, 1, 1)
    days = [start + timedelta(days=number) for number in range(366)]
    mine = [day for day in days if day.year == start.year and f"{first:%m-%d}" in anniversaries_on(day)]
    assert len(mine) == 1


def test_a_day_before_the_anniversary_is_asked_for_that_day() -> None:
    made = swept(campaign(On.ANNIVERSARY, days_before=3))
    assert found(made, customer(date(2024, 3, 7))) == "2026"
    assert found(made, customer(date(2024, 3, 4))) is None
    occasion = made.occasion(customer(date(2024, 3, 7)))
    assert occasion == ("2026", {"day": "2026-03-07", "years": "2"})


def test_an_anniversary_announced_in_december_is_that_of_the_next_year() -> None:
    made = swept(campaign(On.ANNIVERSARY, days_before=5), date(2026, 12, 29))
    assert found(made, customer(date(2024, 1, 3)), date(2026, 12, 29)) == "2027"


def test_the_day_of_the_first_purchase_is_no_anniversary() -> None:
    assert found(swept(campaign(On.ANNIVERSARY)), customer(TODAY)) is None


def test_days_on_which_nobody_asked_are_made_up_for_while_a_message_may_be_late() -> None:
    two_days_ago, week_ago = TODAY - timedelta(days=2), TODAY - timedelta(days=7)
    one = campaign(On.ANNIVERSARY, keep_trying=timedelta(days=3))
    made = swept(one, before=TODAY - timedelta(days=4))
    assert found(made, customer(two_days_ago.replace(year=2024))) == "2026"
    made = swept(one, before=TODAY - timedelta(days=30))
    assert found(made, customer(two_days_ago.replace(year=2024))) == "2026"
    assert found(made, customer(week_ago.replace(year=2024))) is None


def test_a_campaign_that_has_just_been_launched_looks_at_no_day_before() -> None:
    yesterday = TODAY - timedelta(days=1)
    assert found(swept(campaign(On.ANNIVERSARY)), customer(yesterday.replace(year=2024))) is None


def test_a_clock_that_is_put_back_asks_for_its_own_day_only() -> None:
    made = swept(campaign(On.ANNIVERSARY), before=TODAY + timedelta(days=40))
    assert found(made, customer(TODAY.replace(year=2020))) == "2026"
    assert len(made.targets) == 1


@given(DAYS, st.lists(st.integers(1, 3), max_size=20), DAYS)
def test_who_asks_at_least_every_third_day_misses_nobody(start: date, gaps: list[int], first: date) -> None:
    one = campaign(On.ANNIVERSARY, keep_trying=timedelta(days=3))
    day, before, occurrences, expected = start, None, [], set()
    for gap in [0, *gaps]:
        day += timedelta(days=gap)
        expected |= {day - timedelta(days=back) for back in range(gap or 1)}
        if occasion := found(swept(one, day, before), customer(first), day):
            occurrences.append(occasion)
        before = day
    meant = {
        one.year for one in expected if f"{first:%m-%d}" in anniversaries_on(one) and one.year > first.year
    }
    assert {int(one) for one in occurrences} == meant
    assert len(occurrences) == len(meant)


def test_points_are_looked_for_up_to_so_many_days_ahead_and_not_when_they_are_gone() -> None:
    made = swept(campaign(On.POINTS_EXPIRING, days_before=14))
    at = midday(TODAY)
    for hours, occurrence in ((-1, None), (1, "2026-03-04"), (14 * 24, "2026-03-18"), (15 * 24, None)):
        assert found(made, {"points_expire_at": at + timedelta(hours=hours)}) == occurrence


def test_the_day_of_an_expiry_is_its_occurrence_so_each_is_told_once() -> None:
    expiry = {"points_expire_at": datetime(2026, 3, 10, 21, 30, tzinfo=UTC)}
    one = campaign(On.POINTS_EXPIRING, days_before=14)
    for back in range(6):
        today = TODAY + timedelta(days=back)
        assert found(swept(one, today), expiry, today) == "2026-03-10"
    occasion = swept(one).occasion(expiry)
    assert occasion == ("2026-03-10", {"points_expire_at": "2026-03-10T21:30:00Z"})


@pytest.mark.parametrize("on", [On.POINTS_EXPIRING, On.ANNIVERSARY])
def test_the_audience_narrows_it_down(on: On) -> None:
    one = campaign(on, 1, audience=parse({"field": "tier", "op": "eq", "value": "gold"}))
    traits = customer(date(2024, 3, 5)) | {"points_expire_at": midday(TODAY) + timedelta(hours=1)}
    assert found(swept(one), traits | {"tier": "gold"})
    assert not found(swept(one), traits | {"tier": "silver"})
