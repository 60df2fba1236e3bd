"""What a service does of itself: at intervals, or all the time.

@every(seconds=5)
def sweep(self): ...
"""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import Entrypoint
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


class Unceasing(Entrypoint):
    """Keeps a method running: it is given an event that is set when the service is being stopped.

        @unceasing
        def deliver(self, stopping): ...

    The method returns soon after that; the stop waits for it. When it ends before, by an error or not, it is
    called again after `pause` seconds.
    """

    def __init__(self, pause: float = 1.0, **options: Any) -> None:
        self._pause = pause
        self._stopping = threading.Event()
        self._thread: Any = None
        super().__init__(expected_exceptions=TRANSIENT, **options)

    def start(self) -> None:
        """Begin; called by nameko once every dependency is ready."""
        self._thread = self.container.spawn_managed_thread(self._run, identifier=self.method_name)

    def stop(self) -> None:
        """Wait for the method to end; called by nameko, which may not have started us yet."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.wait()

    def _run(self) -> None:
        while not self._stopping.is_set():
            ended = threading.Event()
            try:
                self.container.spawn_worker(
                    self, (self._stopping,), {}, handle_result=partial(self._ended, ended.set)
                )
            except ContainerBeingKilled:
                return
            ended.wait()
            self._stopping.wait(self._pause)

    def _ended(self, tell: Callable[[], None], worker_ctx: Any, result: Any, exc_info: Any) -> Any:
        if exc_info and isinstance(exc_info[1], TRANSIENT):
            log.warning("put off, something is away", task=self.method_name, error=str(exc_info[1]))
        tell()
        return result, exc_info


unceasing = Unceasing.decorator
