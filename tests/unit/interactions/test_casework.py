"""What staff do with a case, as rules."""

from datetime import UTC, datetime, timedelta

from services.interactions.domain.casework import (
    Assignment,
    Resolution,
    assigned,
    resolution_time,
    response_seconds,
    status_of,
)

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
TEN = NINE + timedelta(hours=1)


def test_who_takes_a_case_from_somebody_does_not_make_the_customers_wait_longer() -> None:
    first = assigned(None, "sara", NINE)
    assert first == Assignment("sara", NINE, NINE)

    assert assigned(first, "omar", TEN) == Assignment("omar", TEN, NINE)


def test_an_assignment_that_changes_nothing_is_the_one_that_was_there() -> None:
    first = assigned(None, "sara", NINE)

    assert assigned(first, "sara", TEN) is first
    assert assigned(None, None, TEN) is None


def test_a_case_is_settled_after_all_that_was_heard_of_it_even_from_a_clock_that_is_ahead() -> None:
    assert resolution_time(NINE, TEN) == TEN
    assert resolution_time(TEN, NINE) > TEN


def test_a_resolution_that_the_case_has_moved_on_from_is_history() -> None:
    resolution = Resolution(3, NINE, "sara", "sent anew")

    assert status_of("open", 3, resolution) == "resolving"
    assert status_of("open", 4, resolution) == "open"
    assert status_of("resolved", 4, resolution) == "resolved"


def test_a_customer_waits_until_somebody_takes_it_up_or_settles_it() -> None:
    assert response_seconds(NINE, None, None, TEN) == 3600
    assert response_seconds(NINE, NINE + timedelta(minutes=5), TEN, TEN) == 300
    assert response_seconds(NINE, None, NINE + timedelta(minutes=1), TEN) == 60
    assert response_seconds(TEN, None, None, NINE) == 0, "a clock was ahead"
