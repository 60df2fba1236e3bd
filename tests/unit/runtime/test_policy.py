"""The delivery policy: a table of what becomes of an event that could not be brought to effect."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wafa.contracts.errors import Problem
from wafa.runtime.errors import Transient
from wafa.runtime.policy import DELAYS, Again, Failure, Reject, RetryLater, decide

WRONG = Problem("conflict", "id", "another was first")
EVENT = {"id": "a"}

failures = st.one_of(
    st.just(Reject(EVENT, WRONG)),
    st.just(RetryLater(EVENT, "not yet")),
    st.sampled_from([KeyError("x"), ValueError(), ZeroDivisionError(), Transient(), ConnectionResetError()]),
)


@pytest.mark.parametrize("attempt", [1, 4, 100])
def test_what_can_never_be_accepted_goes_straight_to_quarantine(attempt: int) -> None:
    assert decide(Reject(EVENT, WRONG), attempt) == WRONG


def test_an_error_is_tried_again_at_once_and_then_with_growing_delays() -> None:
    decisions = [decide(KeyError("x"), attempt) for attempt in (1, 2, 3, 4, 5)]

    assert decisions[:4] == [Again(0), Again(5), Again(30), Again(120)]
    assert isinstance(decisions[4], Problem)


def test_what_is_to_come_later_does_not_come_at_once() -> None:
    assert [decide(RetryLater(EVENT, "not yet"), attempt) for attempt in (1, 2, 3)] == [
        Again(5),
        Again(30),
        Again(120),
    ]


def test_nothing_is_quarantined_because_something_is_away() -> None:
    assert {decide(Transient(), attempt) for attempt in range(1, 1000)} == {Again(5)}


def test_delays_grow() -> None:
    assert len(DELAYS) >= 3
    assert sorted(set(DELAYS)) == list(DELAYS)


@given(failures, st.integers(1, 1000))
def test_every_failure_comes_to_an_end_or_is_nobodys_fault(failure: Failure, attempt: int) -> None:
    decision = decide(failure, attempt)

    if attempt > len(DELAYS) + 1 and not isinstance(failure, Transient | OSError):
        assert isinstance(decision, Problem)


@given(failures, st.integers(1, 10))
def test_what_an_error_says_is_never_repeated(failure: Failure, attempt: int) -> None:
    """It may quote the event, and everybody may hear of a refusal."""
    decision = decide(failure, attempt)

    assert not isinstance(decision, Problem) or "x" not in decision.message.replace("KeyError", "")
