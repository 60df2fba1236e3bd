"""What comes again, as it may be written: by us, or by whoever can publish to where it comes from."""

from typing import Any

import pytest

from wafa.contracts.envelope import STRUCTURED
from wafa.runtime.consumer import Delivery
from wafa.runtime.retrying import ATTEMPTS, ROUTING_KEY, Arrival, Attempt, arrival, postponed, set_apart
from wafa.runtime.topology import RETRY

TOLD = '[{"at": "2026-01-01T00:00:00Z", "error": "not yet"}]'


def again(content_type: str = STRUCTURED, **headers: Any) -> Arrival:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return arrival(Delivery(b"{}", content_type, "wafa.loyalty", 1, named, RETRY))


def test_what_comes_again_has_its_history_and_the_key_it_was_sent_with() -> None:
    came = again(wafa_attempts=TOLD, wafa_routing_key="contact.logged.v1", till="7")

    assert came.attempts == (Attempt("2026-01-01T00:00:00Z", "not yet"),)
    assert (came.delivery.routing_key, came.delivery.headers) == ("contact.logged.v1", {"till": "7"})


@pytest.mark.parametrize(
    "nonsense",
    ["never", "[1]", '[{"at": 5}]', 7, None, {"at": 1}, b"\xff", "\udc80", "[" * 60_000, f"[{TOLD * 9000}]"],
    ids=lambda nonsense: repr(nonsense)[:12],
)
def test_a_history_that_cannot_be_read_ends_no_process(nonsense: Any) -> None:
    assert again(wafa_attempts=nonsense).attempts == ()


def test_what_is_written_around_a_message_never_grows_beyond_what_the_protocol_takes() -> None:
    came = again("\\xff" * 255, wafa_routing_key="ش" * 60_000, wafa_attempts=TOLD)

    apart, later = set_apart("wafa.loyalty", came), postponed("wafa.loyalty", came, {}, 5)
    assert len(apart.content_type.encode()) <= 255
    for message in (apart, later):
        assert message.headers[ATTEMPTS] != "[]"
        assert len(message.headers[ROUTING_KEY].encode()) <= 255
