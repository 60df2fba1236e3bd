"""The envelope: identity, content and times are the same wherever and whenever they are computed."""

import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wafa.contracts import envelope
from wafa.contracts.envelope import (
    BATCH,
    MAX_BATCH_EVENTS,
    MAX_MESSAGE_BYTES,
    STRUCTURED,
    content_digest,
    decode,
    derive_id,
    encode,
    encode_batch,
    event_key,
    make_event,
)
from wafa.contracts.errors import Unreadable
from wafa.contracts.times import format_time, parse_time

moments = st.datetimes(
    min_value=datetime(1900, 1, 2),
    max_value=datetime(2999, 12, 30),
    timezones=st.builds(timezone, st.timedeltas(timedelta(hours=-14), timedelta(hours=14))),
)


@given(st.text(), st.text())
def test_an_identity_is_a_name_based_uuid_as_anybody_computes_it(source: str, id: str) -> None:
    encodable = f"{source}{id}".encode(errors="ignore").decode() == source + id
    if encodable:
        expected = uuid.uuid5(envelope._IDENTITY, f"{source}\n{id}")
        assert event_key({"source": source, "id": id}) == str(expected)


def test_a_follow_up_has_the_same_id_at_every_repeat_and_another_for_another_step() -> None:
    assert derive_id("cause", "recorded") == derive_id("cause", "recorded")
    assert len({derive_id("cause", "a"), derive_id("cause", "b"), derive_id("other", "a")}) == 3


def test_neither_key_order_nor_transport_makes_another_content() -> None:
    event = {"id": "1", "data": {"a": 1, "b": 2}}

    assert content_digest(event) == content_digest(
        {"data": {"b": 2, "a": 1}, "traceparent": "00-1", "id": "1"}
    )
    assert content_digest(event) != content_digest({"id": "1", "data": {"a": 1, "b": 3}})


@given(moments)
def test_a_time_comes_back_as_the_same_moment_to_the_millisecond(moment: datetime) -> None:
    text = format_time(moment)

    assert text.endswith("Z")
    assert abs(parse_time(text) - moment) < timedelta(milliseconds=1)
    assert format_time(parse_time(text)) == text


def test_a_time_without_an_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        parse_time("2026-03-01T12:00:00")


def test_events_survive_both_modes() -> None:
    event = make_event("t", source="/s", id="1", time=datetime(2026, 1, 1, tzinfo=UTC), data={"name": "منى"})

    assert decode(encode(event), STRUCTURED) == [event]
    assert decode(encode_batch([event, event]), f"{BATCH}; charset=utf-8") == [event, event]


@pytest.mark.parametrize(
    ("body", "content_type", "reason"),
    [
        (b"{", STRUCTURED, "unreadable"),
        (b"", STRUCTURED, "unreadable"),
        (b"{}", BATCH, "unreadable"),
        (b"{}", None, "unreadable"),
        (b"{}", "application/json", "unreadable"),
        ('{"name": "Zoë"}'.encode("latin-1"), STRUCTURED, "unreadable"),
        (b'{"n": NaN}', STRUCTURED, "unreadable"),
        (b"[" * 100_000, STRUCTURED, "unreadable"),
        (b" " * (MAX_MESSAGE_BYTES + 1), STRUCTURED, "too_large"),
        (b"[" + b"1," * MAX_BATCH_EVENTS + b"1]", BATCH, "too_large"),
    ],
)
def test_what_holds_no_events_is_refused_with_a_reason(
    body: bytes, content_type: str | None, reason: str
) -> None:
    with pytest.raises(Unreadable) as caught:
        decode(body, content_type)

    assert caught.value.problem.reason == reason
    assert caught.value.problem.message
