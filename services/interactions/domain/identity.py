"""The same event twice, or two events that claim one identity."""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Sorted:
    """Positions in a batch: the first of each identity, its repetitions, and what contradicts it."""

    first: list[int] = field(default_factory=list)
    conflicts: list[int] = field(default_factory=list)


def sort_out(identities: Iterable[tuple[str, str]]) -> Sorted:
    """Sort the events of one batch, given as (key, digest of the content) in order of arrival.

    The first stands; the same again has no effect; other content under the same key is a conflict.
    """
    sorted_out = Sorted()
    digests: dict[str, str] = {}
    for position, (key, digest) in enumerate(identities):
        if key not in digests:
            digests[key] = digest
            sorted_out.first.append(position)
        elif digests[key] != digest:
            sorted_out.conflicts.append(position)
    return sorted_out
