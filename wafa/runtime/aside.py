"""Computing for seconds without holding up what else the process does."""

from collections.abc import Callable
from typing import TypeVar

import eventlet.tpool

_Answer = TypeVar("_Answer")


def aside(compute: Callable[..., _Answer], *args: object) -> _Answer:
    """Return, or raise, what `compute` does with these arguments, in a thread of the operating system.

    On the event loop it would keep heartbeats from being answered: the broker would take us for dead, and
    deliver to others what we are still busy with. `compute` must touch nothing that belongs to the loop.
    """
    answer: _Answer = eventlet.tpool.execute(compute, *args)
    return answer
