"""Large requests at the same time are put off before they fill the memory."""

import pytest

from services.gateway.refusals import Refusal
from services.gateway.requests.room import Room


def test_what_does_not_fit_any_more_is_to_come_again_and_finds_room_later() -> None:
    room = Room(10)
    with room.taken(6), pytest.raises(Refusal) as refusal, room.taken(6):
        pass

    assert refusal.value.status == 503
    assert refusal.value.headers["Retry-After"] == "1"
    with room.taken(10):
        pass


def test_room_is_given_back_after_an_error_too() -> None:
    room = Room(10)
    with pytest.raises(ZeroDivisionError), room.taken(10):
        _ = 1 / 0

    with room.taken(10):
        pass
