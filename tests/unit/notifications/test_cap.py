"""The frequency cap: a customer never gets more than promised, and the more important message goes first."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.notifications.domain.cap import Cap, Room, Slot, room
from tests.unit.notifications.builders import NOON

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TWO_A_WEEK = (Cap(2, 7 * DAY),)


def sent(id: str, at: datetime) -> Slot:
    return Slot(id, at, sent=True)


MINE = Slot("mine", NOON)


def test_below_the_cap_a_message_goes_at_once():
    assert room(MINE, [sent("a", NOON - DAY)], TWO_A_WEEK) == Room(NOON)


def test_at_the_cap_it_waits_until_the_oldest_is_long_enough_ago():
    contacts = [sent("a", NOON - 6 * DAY), sent("b", NOON - DAY)]
    assert room(MINE, contacts, TWO_A_WEEK) == Room(NOON + DAY)


def test_contacts_before_the_span_do_not_matter():
    assert room(MINE, [sent("a", NOON - 8 * DAY), sent("b", NOON - 7 * DAY)], TWO_A_WEEK) == Room(NOON)


def test_all_caps_hold_at_once():
    caps = (Cap(1, DAY), Cap(2, 7 * DAY))
    contacts = [sent("a", NOON - 2 * DAY), sent("b", NOON - HOUR)]
    assert room(MINE, contacts, caps) == Room(NOON + 5 * DAY)


def test_what_is_planned_and_more_important_has_its_place_already():
    promised = Slot("launch", NOON + 2 * DAY, priority=90)
    assert room(MINE, [promised], (Cap(1, 7 * DAY),)).at == NOON + 9 * DAY
    assert room(replace(MINE, priority=95), [promised], (Cap(1, 7 * DAY),)) == Room(NOON)


def test_of_equals_who_is_due_first_goes_first():
    later = Slot("later", NOON + HOUR)
    assert room(MINE, [later], (Cap(1, DAY),)) == Room(NOON)
    assert room(replace(later, at=NOON + HOUR), [MINE], (Cap(1, DAY),)).at == NOON + DAY


def test_what_another_worker_has_in_hand_is_waited_for_even_if_it_is_less_important():
    in_hand = Slot("other", NOON, priority=10, in_flight=True)
    assert room(MINE, [in_hand], (Cap(1, DAY),)) == Room(NOON, disputed=True)


def test_without_caps_there_is_always_room():
    assert room(MINE, [sent(str(number), NOON) for number in range(50)], ()) == Room(NOON)


hours = st.integers(-300, 300).map(lambda number: NOON + number * HOUR)
slots = st.lists(
    st.builds(Slot, st.uuids().map(str), hours, st.integers(0, 3), st.booleans(), st.booleans()), max_size=12
)
caps = st.lists(st.builds(Cap, st.integers(1, 4), st.integers(1, 240).map(lambda n: n * HOUR)), max_size=3)


@given(slots, caps)
def test_no_span_ever_holds_more_than_its_cap_of_what_is_certain(others, caps):
    certain = [one.at for one in others if one.sent or one.outranks(MINE)]
    at = room(MINE, others, caps).at
    assert at >= MINE.at
    for cap in caps:
        for end in (at, *certain):
            span = [one for one in certain if end - cap.within < one <= end]
            if end - cap.within < at <= end:
                assert len(span) + 1 <= cap.messages


@given(slots, caps)
def test_of_two_that_two_workers_hold_at_once_they_never_both_go_over_the_cap(others, caps):
    """Each has claimed its own before it looks; so at least one of them sees the other in flight."""
    one, two = Slot("one", NOON, 1, in_flight=True), Slot("two", NOON, 2, in_flight=True)
    blind = room(one, others, caps)  # looked before the other was claimed, or even planned
    seeing = room(two, [*others, one], caps)
    if blind == Room(NOON) and seeing == Room(NOON):
        taken = [other.at for other in others if other.sent or other.outranks(two)]
        together = [*taken, one.at, two.at]
        for cap in caps:
            assert sum(NOON - cap.within < at <= NOON for at in together) <= cap.messages
