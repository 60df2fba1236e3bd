"""What waits in memory is written every few seconds, beside the requests, and once more at the end."""

import threading
from collections.abc import Callable

import structlog

from wafa.runtime.logs import withheld
from wafa.runtime.transient import is_transient

log = structlog.get_logger(__name__)

EVERY = 5.0


class Flusher:
    """Does jobs at intervals (seconds), in a thread of its own."""

    def __init__(self, *jobs: Callable[[], None], every: float = EVERY) -> None:
        self._jobs = jobs
        self._every = every
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="flusher", daemon=True)
        self._thread.start()

    def close(self, within: float | None = None) -> None:
        """Do the jobs once more and end; where that takes longer than `within` seconds, do not wait."""
        self._ending.set()
        self._thread.join(within)

    def _run(self) -> None:
        going = True
        while going:
            going = not self._ending.wait(self._every)
            for job in self._jobs:
                self._do(job)

    def _do(self, job: Callable[[], None]) -> None:
        try:
            job()
        except Exception as error:
            if is_transient(error):
                log.warning("put off, something is away", error=str(error).partition(", Timeout:")[0])
            else:
                log.error("not written", exc_info=withheld(error))
