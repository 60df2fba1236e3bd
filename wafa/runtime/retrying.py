"""The way of an event that has to come again: what it carries along, and how it is read when it comes.

It travels as a message of its own, with the bytes and headers that were sent, the routing key that it had,
and the history of its attempts. These two are believed only of what comes through an exchange that nobody
outside may write to.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from wafa.contracts.envelope import STRUCTURED, Event, decode, encode
from wafa.contracts.errors import Unreadable
from wafa.contracts.times import format_time
from wafa.runtime.consumer import Delivery
from wafa.runtime.policy import Failure, told
from wafa.runtime.publisher import Message, pack
from wafa.runtime.topology import RETRY, delay_exchange, suspects_queue

ROUTING_KEY = "wafa-routing-key"
ATTEMPTS = "wafa-attempts"

# Of an event that is tried for hours because something is away, the first and the last attempts tell enough.
MOST_ATTEMPTS = 10
# A header frame has to fit into 128 KiB.
MOST_HEADER_CHARACTERS = 8_000
MOST_HISTORY_CHARACTERS = 16_000
# What the protocol calls a short string: content types, routing keys.
MOST_SHORT_BYTES = 255
#: What the broker adds on the way back.
_THE_BROKERS = ("x-death", "x-first-death-", "x-last-death-", "x-delivery-count")
#: What the broker would obey. As text, which is all that we keep, it makes it refuse the whole message.
_OBEYED = frozenset({"CC", "BCC"})


class Attempt(msgspec.Struct, frozen=True):
    """One attempt at an event that failed: when (RFC 3339), and what may be said of the failure."""

    at: str
    error: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """A delivery as it was when it came for the first time, and the attempts there have been since."""

    delivery: Delivery
    attempts: tuple[Attempt, ...] = ()

    def after(self, failure: Failure, now: datetime) -> "Arrival":
        """Return it with one more attempt."""
        attempts = (*self.attempts, Attempt(format_time(now), told(failure)))
        if len(attempts) > MOST_ATTEMPTS:
            attempts = (attempts[0], *attempts[1 - MOST_ATTEMPTS :])
        return replace(self, attempts=attempts)


def arrival(delivery: Delivery) -> Arrival:
    """Return what a delivery was when it came for the first time."""
    if not delivery.exchange.startswith(RETRY):
        return Arrival(delivery)
    headers = dict(delivery.headers)
    routing_key = _short(headers.pop(ROUTING_KEY, ""))
    attempts = _history(headers.pop(ATTEMPTS, "[]"))
    headers = {name: value for name, value in headers.items() if not name.startswith(_THE_BROKERS)}
    return Arrival(replace(delivery, routing_key=routing_key, headers=headers), attempts)


def postponed(queue: str, arrival: Arrival, event: Any, seconds: int) -> Message:
    """Return the message that brings an event back to `queue` after so long."""
    body, content_type = original(arrival.delivery, event)
    return Message(delay_exchange(seconds), queue, body, content_type, _headers(arrival))


def set_apart(queue: str, arrival: Arrival) -> Message:
    """Return the message that takes a whole delivery to the suspects of `queue`."""
    delivery = arrival.delivery
    content_type = _short(delivery.content_type or "")
    return Message(RETRY, suspects_queue(queue), delivery.body, content_type, _headers(arrival))


def taken_apart(queue: str, arrival: Arrival, max_bytes: int) -> Sequence[Message]:
    """Return the events of a delivery, each as a suspect of its own; one if it cannot be divided."""
    delivery = arrival.delivery
    try:
        events = decode(delivery.body, delivery.content_type, max_bytes=max_bytes)
    except Unreadable:
        events = []
    if len(events) < 2:
        return [set_apart(queue, arrival)]
    return [
        Message(RETRY, suspects_queue(queue), encode(event), STRUCTURED, _headers(arrival))
        for event in events
    ]


def told_again(queue: str, events: Sequence[Event]) -> list[Message]:
    """Return events as messages for one queue alone, as if they came back to it."""
    return [
        replace(
            one, exchange=RETRY, routing_key=queue, headers={ROUTING_KEY: one.routing_key, ATTEMPTS: "[]"}
        )
        for one in pack(events)
    ]


def original(delivery: Delivery, event: Any) -> tuple[bytes, str]:
    """Return the bytes that were sent, and their content type; one event of a batch is written anew."""
    alone = (delivery.content_type or "").startswith(STRUCTURED)
    if event is None:
        return delivery.body, legible(delivery.content_type or "")
    return (delivery.body if alone else encode(event)), STRUCTURED


def legible(value: object) -> str:
    """Return text that UTF-8 can carry: what a broker hands over may hold lone surrogates."""
    return str(value).encode("utf-8", "backslashreplace").decode()


def _short(value: object) -> str:
    return legible(value).encode()[:MOST_SHORT_BYTES].decode(errors="ignore")


def _history(header: object) -> tuple[Attempt, ...]:
    """Return the attempts that a header tells of; none where it is not one of ours.

    An operator may have put a message there by hand. It must not end the process that takes it.
    """
    text = legible(header)
    if len(text) > MOST_HISTORY_CHARACTERS:
        return ()
    try:
        return msgspec.json.decode(text, type=tuple[Attempt, ...])
    except (msgspec.DecodeError, RecursionError):
        return ()


def _headers(arrival: Arrival) -> dict[str, str]:
    return {
        **dict(_kept(arrival.delivery.headers)),
        ROUTING_KEY: _short(arrival.delivery.routing_key),
        ATTEMPTS: msgspec.json.encode(arrival.attempts).decode(),
    }


def _kept(headers: dict[str, Any]) -> Iterator[tuple[str, str]]:
    room = MOST_HEADER_CHARACTERS
    for name, value in headers.items():
        if name in _OBEYED or name.startswith(_THE_BROKERS):
            continue
        # A header's name has 255 bytes at most.
        pair = legible(name)[:60], legible(value)
        room -= len(pair[0]) + len(pair[1])
        if room >= 0:
            yield pair
