"""The processes of one variant. All but the head start early; the head starts when the queue is full."""

from types import TracebackType
from typing import Protocol, Self

HEAD = "interactions"
FIRST_QUEUE = "wafa.interactions"


class Crew(Protocol):
    """What the measurements need of a variant."""

    def __enter__(self) -> Self:
        """Start everything but the head, and return when it is ready."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything."""

    def start_head(self) -> None:
        """Start the process that takes the purchases; returns when it is ready, or before."""

    def pids(self) -> dict[str, int]:
        """Return the process ids by service."""

    def check(self) -> None:
        """Raise if a process has died."""
