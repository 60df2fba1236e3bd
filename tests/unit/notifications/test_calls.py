"""A call: how often it is tried, and when it comes back to the list."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.channels.calls import _call
from services.notifications.channels.outcomes import Message
from services.notifications.domain.calls import (
    AFTER_CALL_BACK,
    AFTER_NO_ANSWER,
    MOST_ATTEMPTS,
    Call,
    Ending,
    State,
    attempted,
    is_told_again,
)
from tests.unit.notifications.builders import NOON

CALL = Call("outreach-1", "sara", "marketing", "A word", "Hello Sara", "en", "ltr", NOON, NOON)


def after(outcome: Ending, call: Call = CALL) -> Call:
    return attempted(call, outcome, "layla", None, call.due)


@pytest.mark.parametrize("outcome", [Ending.REACHED, Ending.WRONG_NUMBER])
def test_who_was_reached_or_cannot_be_is_not_rung_again(outcome):
    assert after(outcome).state is State.DONE


@pytest.mark.parametrize(
    ("outcome", "pause"), [(Ending.NO_ANSWER, AFTER_NO_ANSWER), (Ending.CALL_BACK, AFTER_CALL_BACK)]
)
def test_who_did_not_answer_or_asked_for_it_is_rung_again_later(outcome, pause):
    assert (after(outcome).state, after(outcome).due) == (State.OPEN, NOON + pause)


@given(st.lists(st.sampled_from([Ending.NO_ANSWER, Ending.CALL_BACK]), min_size=MOST_ATTEMPTS))
def test_nobody_is_rung_for_ever(outcomes):
    call = CALL
    for outcome in outcomes[:MOST_ATTEMPTS]:
        assert call.state is State.OPEN
        call = after(outcome, call)
    assert call.state is State.DISMISSED


def test_a_report_that_comes_twice_is_one_attempt():
    call = after(Ending.NO_ANSWER)
    assert is_told_again(call, Ending.NO_ANSWER, "layla", NOON + timedelta(minutes=1))
    assert is_told_again(after(Ending.REACHED), Ending.REACHED, "layla", NOON + timedelta(days=9))


def test_another_attempt_is_another_attempt():
    call = after(Ending.NO_ANSWER)
    assert not is_told_again(call, Ending.NO_ANSWER, "layla", call.due)
    assert not is_told_again(call, Ending.REACHED, "layla", NOON)
    assert not is_told_again(call, Ending.NO_ANSWER, "omar", NOON)


@pytest.mark.parametrize(("plain", "said"), [("Hello Sara,\n...", "Hello Sara,\n..."), ("", "Hello!")])
def test_staff_have_something_to_say_also_of_a_text_that_is_short_only(plain, said):
    message = Message("o1", "sara", "+1", "en", "ltr", "", plain, "", "Hello!", NOON)
    assert _call(message).script == said
