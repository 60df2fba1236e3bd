"""The same event twice, or two events that claim one identity."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from wafa.contracts.envelope import Event, content_digest, event_key
from wafa.contracts.errors import Problem

CONFLICT = Problem("conflict", "id", "another event with this source and id, but other content, came first")


class Identified(NamedTuple):
    """An event with its identity for ever and the digest of its content."""

    event: Event
    key: str
    digest: str


@dataclass(slots=True)
class Sorted:
    """A batch, sorted: what is `new`, whose keys came `again`, and what contradicts an earlier event.

    `digests` are those of the new events, by key. What is repeated within the batch is in none of them.
    """

    new: dict[str, Event] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    again: set[str] = field(default_factory=set)
    conflicts: list[Event] = field(default_factory=list)


def identify(events: Iterable[Event]) -> list[Identified]:
    """Return the events with their identities."""
    return [Identified(event, event_key(event), content_digest(event)) for event in events]


def sort_out(batch: Sequence[Identified], known: Mapping[str, str]) -> Sorted:
    """Sort a batch by what was known before it: digests by key.

    The first of an identity stands, whether it came earlier or earlier in this batch. The same again has no
    effect; other content under the same identity is a conflict.
    """
    found = Sorted()
    for event, key, digest in batch:
        first = known.get(key) or found.digests.get(key)
        if first is None:
            found.new[key], found.digests[key] = event, digest
        elif first != digest:
            found.conflicts.append(event)
        elif key in known:
            found.again.add(key)
    return found
