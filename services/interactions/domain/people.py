"""Who is another name of whom, as the customers service has told it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pointer:
    """From `version` on, `customer_id` is another name of `into`; of nobody where that is `None`."""

    customer_id: str
    into: str | None
    version: int


def root(customer_id: str, into: Mapping[str, str]) -> str:
    """Return the end of the chain of merges that starts here.

    A ring of merges, which customers never publishes, has its smallest id for an end.
    """
    seen = [customer_id]
    while (next_id := into.get(seen[-1])) is not None:
        if next_id in seen:
            return min(seen[seen.index(next_id) :])
        seen.append(next_id)
    return seen[-1]
