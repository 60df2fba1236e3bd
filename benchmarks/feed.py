"""Sending purchases as tills and shops do."""

from collections.abc import Callable, Iterator, Sequence

from wafa.contracts.envelope import BATCH, EXCHANGE, STRUCTURED, Event, encode, encode_batch
from wafa.runtime.publisher import Message, Publisher

BETWEEN_CONFIRMS = 1000

Pack = Callable[[Sequence[Event]], Iterator[Message]]


def singly(events: Sequence[Event]) -> Iterator[Message]:
    """Yield a message for each event, in structured mode: a till that sends what it has just rung up."""
    for event in events:
        yield Message(EXCHANGE, event["type"], encode(event), STRUCTURED)


def by_the_hundred(events: Sequence[Event]) -> Iterator[Message]:
    """Yield a message for every hundred events, in batch mode: a shop that sends its last minute at once."""
    for start in range(0, len(events), 100):
        hundred = events[start : start + 100]
        yield Message(EXCHANGE, hundred[0]["type"], encode_batch(hundred), BATCH)


def send(uri: str, events: Sequence[Event], pack: Pack) -> int:
    """Publish the events, every message confirmed; return the number of messages."""
    messages = list(pack(events))
    publisher = Publisher(uri, name="benchmark feed")
    try:
        for start in range(0, len(messages), BETWEEN_CONFIRMS):
            publisher.send(messages[start : start + BETWEEN_CONFIRMS])
    finally:
        publisher.close()
    return len(messages)
