"""How long an SMS is, as whoever charges for it counts."""

import pytest

from services.notifications.texts.segments import size_of


@pytest.mark.parametrize(
    ("text", "segments", "units"),
    [
        ("", 1, 0),
        ("a" * 160, 1, 160),
        ("a" * 161, 2, 161),
        ("a" * 306, 2, 306),
        ("a" * 307, 3, 307),
        ("€" * 80, 1, 160),
        ("€" * 81, 2, 162),
        ("م" * 70, 1, 70),
        ("م" * 71, 2, 71),
        ("م" * 134, 2, 134),
        ("م" * 135, 3, 135),
        ("☕😀", 1, 3),
    ],
)
def test_segments_of_a_text(text, segments, units):
    size = size_of(text)
    assert (size.segments, size.units) == (segments, units)


def test_it_is_said_which_characters_make_it_long():
    assert size_of("It’s time").wide == {"’"}
    assert size_of("It's time [now]").wide == frozenset()
