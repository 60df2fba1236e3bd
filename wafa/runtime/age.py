"""How long a message has been on its way: written by our publishers, read by whoever takes it.

A header of our own says it. AMQP's `timestamp` knows seconds only, and others write there what they like.
"""

import time
from typing import Any

PUBLISHED_AT = "wafa-published-at"
#: The broker's word that it kept a message back: its wait was meant, or is over.
_KEPT_BACK = "x-death"


def stamp() -> dict[str, int]:
    """Return the header of what is published now, in milliseconds since 1970."""
    return {PUBLISHED_AT: int(time.time() * 1000)}


def waiting_since(headers: dict[str, Any]) -> float:
    """Take the header out of a message's headers; return since when it has waited, in seconds since 1970.

    What somebody else has published, or the broker has kept back, counts from now, when it was fetched.
    """
    now = time.time()
    published_at = headers.pop(PUBLISHED_AT, None)
    if _KEPT_BACK in headers or type(published_at) is not int or published_at < 0:
        return now
    return min(published_at / 1000, now)


def age(since: float) -> float:
    """Return for how many seconds something has waited, whatever the clocks say."""
    return max(0.0, time.time() - since)
