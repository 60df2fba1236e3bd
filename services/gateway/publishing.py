"""Publishing for many threads: what they hand over while the broker confirms goes out together after that.

So many small requests cost little more than one large one, and each is answered as soon as its own events
are safe. Nothing is said to be published that the broker has not confirmed; the reverse may happen, and a
repeat is harmless: consumers know each event by its identity.
"""

import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future

import structlog

from wafa.runtime import metrics
from wafa.runtime.errors import PublishFailed, QueueFull, Unroutable
from wafa.runtime.logs import withheld
from wafa.runtime.publisher import Message, pack_encoded

log = structlog.get_logger(__name__)

#: An event in JSON, with its type.
Encoded = tuple[str, bytes]

#: Seconds that a thread waits for the confirms of its events.
PATIENCE = 10.0
#: Seconds for which nothing is tried after the broker was found to be away.
PAUSE = 1.0
#: Bytes that go out in one round, so that the next does not wait for long.
BYTES_PER_ROUND = 4 * 1024 * 1024


class Handed:
    """What one thread has handed over."""

    def __init__(self, events: Sequence[Encoded]) -> None:
        self.events = events
        self.size = sum(len(body) for _, body in events)
        self.done: Future[None] = Future()

    def settle(self, failures: dict[str, Exception]) -> None:
        """Tell its thread what came of it; `failures` by type."""
        for kind, _ in self.events:
            if failure := failures.get(kind):
                # An error of its own for each thread: a traceback grows wherever one is raised.
                self.done.set_exception(type(failure)(*failure.args))
                return
        self.done.set_result(None)


class Publishing:
    """Publishes in rounds, from a thread of its own; safe to share among threads. `close` ends it.

    `send` returns when the broker has confirmed all messages, as `Publisher.send` does.
    """

    def __init__(self, send: Callable[[Sequence[Message]], None], patience: float = PATIENCE) -> None:
        self._send = send
        self._patience = patience
        self._handed: queue.SimpleQueue[Handed | None] = queue.SimpleQueue()
        self._away_until = 0.0
        self._round_since: float | None = None
        self._thread = threading.Thread(target=self._run, name="publishing", daemon=True)
        self._thread.start()

    def publish(self, events: Sequence[Encoded]) -> None:
        """Return when the broker has confirmed every event.

        Raises:
            PublishFailed: it has not, or not in time. Some events may have arrived.
            Unroutable: no queue took an event.
        """
        self._check_whether_there_is_hope()
        handed = Handed(events)
        self._handed.put(handed)
        try:
            handed.done.result(self._patience)
        except TimeoutError:
            handed.done.cancel()
            raise PublishFailed(f"not confirmed within {self._patience:g} s") from None

    def close(self) -> None:
        """Publish what was handed over, and end the thread."""
        self._handed.put(None)
        self._thread.join()

    def _check_whether_there_is_hope(self) -> None:
        # Threads that wait for a broker which does not answer are missing where something else is asked.
        since = self._round_since
        moment = time.monotonic()
        if moment < self._away_until or (since is not None and moment - since > self._patience):
            raise PublishFailed("the broker does not answer at the moment")

    def _run(self) -> None:
        going = True
        while going and (first := self._handed.get()):
            gathered, going = self._gather(first)
            if awaited := [one for one in gathered if one.done.set_running_or_notify_cancel()]:
                self._round(awaited)

    def _gather(self, first: Handed) -> tuple[list[Handed], bool]:
        """Return what is to go out in one round, and whether there may be another."""
        gathered, size = [first], first.size
        while size < BYTES_PER_ROUND:
            try:
                following = self._handed.get_nowait()
            except queue.Empty:
                break
            if following is None:
                return gathered, False
            gathered.append(following)
            size += following.size
        return gathered, True

    def _round(self, gathered: Sequence[Handed]) -> None:
        self._round_since = time.monotonic()
        try:
            failures = self._publish([event for one in gathered for event in one.events])
        finally:
            self._round_since = None
        for one in gathered:
            one.settle(failures)

    def _publish(self, events: Sequence[Encoded]) -> dict[str, Exception]:
        """Publish events; return what went wrong by type."""
        failure = self._try(events)
        kinds = {kind for kind, _ in events}
        if not isinstance(failure, QueueFull | Unroutable) or len(kinds) == 1:
            return {} if failure is None else dict.fromkeys(kinds, failure)
        # A queue that is full or missing stops the types that go there, and no other.
        outcomes = {kind: self._try([one for one in events if one[0] == kind]) for kind in kinds}
        return {kind: one for kind, one in outcomes.items() if one is not None}

    def _try(self, events: Iterable[Encoded]) -> Exception | None:
        events = list(events)
        try:
            self._send([*pack_encoded(events)])
        except (QueueFull, Unroutable) as error:
            return error
        except PublishFailed as error:
            self._away_until = time.monotonic() + PAUSE
            return error
        except Exception as error:
            log.error("publishing failed", exc_info=withheld(error))
            return PublishFailed("something went wrong here")
        for kind, number in Counter(kind for kind, _ in events).items():
            metrics.PUBLISHED.labels(kind).inc(number)
        return None
