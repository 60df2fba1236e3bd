"""How a delivery goes on after an attempt, and what a key may hear of."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.domain.delivery import (
    DELAYS,
    KEPT,
    LONGEST_REST,
    Attempt,
    Fate,
    State,
    delay,
    failed_long,
    fate,
    rest,
)
from services.gateway.domain.hearing import covered, missing_scopes, scope_of
from services.gateway.domain.scopes import SCOPES
from services.gateway.domain.subscription import MOST_SECRETS, OVERLAP, Secret, rotated, signing
from wafa.contracts.catalogue import OUTBOUND

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
OK, BROKEN = Attempt(status=204), Attempt(status=500)
attempts = st.builds(
    Attempt,
    status=st.none() | st.integers(100, 599),
    retry_after=st.none() | st.floats(0, 3600),
)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_what_was_taken_is_delivered(status):
    assert fate(1, NOON, Attempt(status=status), NOON) == Fate(State.DELIVERED)


@pytest.mark.parametrize("status", [None, 100, 199, 301, 400, 401, 404, 422, 500, 503])
def test_what_was_not_taken_is_tried_again(status):
    assert fate(1, NOON, Attempt(status=status), NOON) == Fate(State.WAITING, NOON + DELAYS[0])


def test_patience_grows_and_then_stays():
    waits = [delay(made) for made in range(1, 20)]
    assert waits == sorted(waits)
    assert waits[-1] == waits[-2] == timedelta(hours=12)


def test_who_asks_for_time_gets_it():
    assert fate(1, NOON, Attempt(status=429, retry_after=300.0), NOON).due == NOON + timedelta(seconds=300)
    assert fate(6, NOON, Attempt(status=429, retry_after=300.0), NOON).due == NOON + DELAYS[5]


@given(st.integers(1, 100), attempts, st.timedeltas(timedelta(), KEPT))
def test_nothing_waits_for_longer_than_it_is_kept(made, attempt, age):
    outcome = fate(made, NOON, attempt, NOON + age)
    assert (outcome.due is not None) == (outcome.state is State.WAITING)
    assert outcome.due is None or NOON + age < outcome.due < NOON + KEPT


@given(st.integers(1, 100), attempts)
def test_a_receiver_that_is_back_is_found_within_a_minute_unless_it_asked_for_more(failed, attempt):
    asked = timedelta(seconds=attempt.retry_after or 0)
    assert rest(failed, attempt) <= max(LONGEST_REST, asked)


def test_an_error_about_one_event_keeps_no_other_from_being_tried():
    assert not BROKEN.away
    assert Attempt(status=503).away
    assert Attempt(trouble="timeout").away


def test_a_receiver_that_has_failed_for_a_day_is_no_longer_tried():
    assert not failed_long(None, NOON)
    assert not failed_long(NOON, NOON + timedelta(hours=23, minutes=59))
    assert failed_long(NOON, NOON + timedelta(hours=24))


def test_of_every_outbound_type_it_is_said_which_scope_reads_it():
    assert {scope_of(one) for one in OUTBOUND} <= SCOPES.keys()
    with pytest.raises(KeyError):
        scope_of("secret.thing.v1")


def test_who_may_see_members_may_hear_of_them_and_of_nobody_else():
    assert missing_scopes(["loyalty.tier_changed.v1", "customer.recognized.v1"], {"members:read"}) == []
    assert missing_scopes(["customer.updated.v1"], {"members:read"}) == ["customers:read"]


def test_a_star_stands_for_the_rest_of_a_name_and_nothing_else():
    assert covered("loyalty.*", OUTBOUND) == {"loyalty.member_updated.v1", "loyalty.tier_changed.v1"}
    assert covered("*", OUTBOUND) == OUTBOUND.keys()
    assert covered("customer.recognized.v1", OUTBOUND) == {"customer.recognized.v1"}
    assert covered("loyalty", OUTBOUND) == set()
    assert covered("*.v1", OUTBOUND) == set()


def test_an_old_secret_signs_for_a_day_beside_the_new_one():
    both = rotated((Secret("old"),), "new", NOON)
    assert signing(both, NOON) == ("new", "old")
    assert signing(both, NOON + OVERLAP) == ("new",)


def test_rotating_again_lets_no_secret_sign_for_longer():
    secrets = (Secret("first"),)
    for hour in range(6):
        secrets = rotated(secrets, f"of {hour}", NOON + timedelta(hours=hour))
    assert len(secrets) == MOST_SECRETS
    assert signing(secrets, NOON + timedelta(hours=5)) == ("of 5", "of 4", "of 3")
    assert signing(secrets, NOON + timedelta(hours=4) + OVERLAP) == ("of 5", "of 4")


def test_a_secret_shows_in_no_log():
    assert "whsec" not in repr(Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
