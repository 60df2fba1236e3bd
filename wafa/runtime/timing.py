"""What a service does of itself, at intervals.

@every(seconds=5)
def sweep(self): ...
"""

from typing import Any

import structlog
from nameko.timer import Timer

from wafa.runtime.transient import TRANSIENT

log = structlog.get_logger(__name__)


class Every(Timer):
    """nameko's timer, which waits for the method to end before the next interval counts.

    While something is away, that is one line in the log for each time, and not a traceback.
    """

    def __init__(self, seconds: float, **options: Any) -> None:
        super().__init__(interval=seconds, expected_exceptions=TRANSIENT, **options)

    def stop(self) -> None:
        """Wait for the method to end if it runs; called by nameko, which may not have started us yet."""
        if self.gt is not None:
            super().stop()

    def handle_result(self, worker_ctx: Any, result: Any, exc_info: Any) -> Any:
        """Note that the method has ended; called by nameko, with `exc_info` when it raised something."""
        if exc_info and isinstance(exc_info[1], TRANSIENT):
            log.warning("put off, something is away", task=self.method_name, error=str(exc_info[1]))
        return super().handle_result(worker_ctx, result, exc_info)


every = Every.decorator
