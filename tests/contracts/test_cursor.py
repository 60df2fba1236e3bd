"""A cursor says one place and nothing else; whatever is none is refused as what it is: somebody's text."""

import contextlib
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wafa.contracts.cursor import BY_NAME, BY_TIME, EXPECTED, LONGEST
from wafa.contracts.times import to_milliseconds

AT = datetime(2026, 3, 1, 12, 0, 0, 123000, UTC)
keys = st.text(max_size=40)
times = st.datetimes(timezones=st.just(UTC)).map(to_milliseconds)


def written(text: str) -> str:
    return urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


@given(times, keys)
def test_what_was_shown_last_is_found_again(at: datetime, key: str) -> None:
    cursor = BY_TIME.encode(at, key)

    assert BY_TIME.decode(cursor) == (at, key)
    assert cursor.replace("-", "").replace("_", "").isalnum(), "it goes into an address as it is"
    assert BY_NAME.decode(BY_NAME.encode(key)) == (key,)


@given(st.text() | st.binary().map(lambda some: urlsafe_b64encode(some).decode()) | st.text().map(written))
def test_garbage_is_refused_and_never_something_else(garbage: str) -> None:
    for keyset in (BY_TIME, BY_NAME):
        with pytest.raises(ValueError, match=EXPECTED):
            keyset.decode(garbage)


@given(times, keys, st.data())
def test_a_cursor_that_somebody_changed_is_refused_or_another_place(
    at: datetime, key: str, data: st.DataObject
) -> None:
    cursor = BY_TIME.encode(at, key)
    place, other = data.draw(st.integers(0, len(cursor) - 1)), data.draw(st.characters())
    changed = cursor[:place] + other + cursor[place + 1 :]
    with contextlib.suppress(ValueError):
        found = BY_TIME.decode(changed)
        assert [*map(type, found)] == [datetime, str]
        assert BY_TIME.encode(*found) == changed, "each place has one cursor"


@pytest.mark.parametrize(
    "wrong",
    [None, 5, True, b"WyJhIl0", ["a"], {"$gt": ""}],
    ids=["nothing", "a number", "true", "bytes", "an array", "an operator"],
)
def test_what_is_no_text_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match=EXPECTED):
        BY_NAME.decode(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        '["2026-03-01T12:00:00Z"]',
        '["2026-03-01T12:00:00Z", "a"]',
        '["2026-03-01T12:00:00Z","a","b"]',
        '["2026-03-01T12:00:00","a"]',
        '["2026-03-01T15:00:00+03:00","a"]',
        '["2026-03-01T12:00:00.1234Z","a"]',
        '["0001-01-01T00:00:00+14:00","a"]',
        '["9999-12-31T23:59:59-14:00","a"]',
        '["2026-03-01T12:00:00Z",{"$gt":""}]',
        '["2026-03-01T12:00:00Z",5]',
        '["2026-03-01T12:00:00Z","\\ud800"]',
        '{"$gt":""}',
        "[" * 1000,
        "null",
        "",
    ],
)
def test_values_of_another_list_or_in_another_form_are_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=EXPECTED):
        BY_TIME.decode(written(wrong))


def test_a_cursor_in_another_alphabet_with_its_padding_or_too_long_is_refused() -> None:
    cursor = BY_TIME.encode(AT, "a?>" * 5)

    for wrong in (cursor + "=", cursor + "\n", " " + cursor, cursor.replace("_", "/"), "A" * (LONGEST + 1)):
        if wrong != cursor:
            with pytest.raises(ValueError, match=EXPECTED):
                BY_TIME.decode(wrong)


def test_the_longest_ids_fit_in() -> None:
    assert len(BY_TIME.encode(AT, "x" * 250)) <= LONGEST
