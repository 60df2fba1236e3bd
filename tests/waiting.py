"""Waiting by condition."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")

POLL = 0.05


def eventually(look: Callable[[], Found], *, within: float = 60, every: float = POLL) -> Found:
    """Return what `look` returns as soon as it is true; look `every` so many seconds, fail after `within`."""
    deadline = time.monotonic() + within
    while not (found := look()):
        assert time.monotonic() < deadline, f"not within {within} seconds: {found!r}"
        time.sleep(every)
    return found
