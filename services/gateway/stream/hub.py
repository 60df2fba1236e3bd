"""Who listens in this process, for what; and the events, handed to each of them."""

import threading
import time
from collections.abc import Callable, Iterable

import structlog
from prometheus_client import Counter, Gauge

from services.gateway.stream.frames import Frame
from services.gateway.stream.listener import Listener
from services.gateway.stream.recent import OLDEST, Recent
from wafa.runtime.errors import RemoteUnavailable

log = structlog.get_logger(__name__)

LISTENERS = Gauge(
    "wafa_stream_listeners", "Clients that hear of events as they happen", multiprocess_mode="livesum"
)
CUT_OFF = Counter("wafa_stream_cut_off_total", "Clients of the stream that were too slow")

#: Seconds for which a type is still heard when its last listener has left: they may come again.
LINGER = 60.0


class Full(Exception):
    """So many listen already that there would be no thread left for requests."""


class Hub:
    """Brings listeners and events together; safe to share among threads. At most `most` listen at a time.

    `wake` is called when a type is wanted that is not heard yet; whoever hears calls `heard`, `tell`, `lost`.
    """

    def __init__(self, most: int, wake: Callable[[], None], linger: float = LINGER) -> None:
        self._most = most
        self._wake = wake
        self._linger = linger
        self._changed = threading.Condition()
        self._coming: list[Listener] = []
        self._listeners: list[Listener] = []
        self._left: dict[str, float] = {}
        self._heard: frozenset[str] = frozenset()
        self._recent = Recent()

    def listen(self, listener: Listener, last_id: str | None, within: float) -> None:
        """Let somebody listen; from the return on they miss nothing without being told.

        Args:
            listener: gets the events.
            last_id: the event that they have heard last; what came since is for them, or else a `gap`.
            within: seconds in which their types must be heard.

        Raises:
            Full: too many listen.
            RemoteUnavailable: the broker does not answer.
        """
        with self._changed:
            if len(self._coming) + len(self._listeners) >= self._most:
                raise Full
            self._coming.append(listener)
            try:
                if not listener.types <= self._heard:
                    self._wake()
                if not self._changed.wait_for(lambda: listener.types <= self._heard, within):
                    raise RemoteUnavailable("the broker does not answer")
                self._catch_up(listener, last_id)
                self._listeners.append(listener)
            finally:
                self._coming.remove(listener)
            LISTENERS.inc()

    def leave(self, listener: Listener) -> None:
        """Let somebody go."""
        with self._changed:
            self._listeners.remove(listener)
            self._left |= dict.fromkeys(listener.types, time.monotonic() + self._linger)
            LISTENERS.dec()

    def wanted(self) -> frozenset[str]:
        """Return the types that are to be heard now."""
        now = time.monotonic()
        with self._changed:
            self._left = {one: until for one, until in self._left.items() if until > now}
            types = (listener.types for listener in (*self._coming, *self._listeners))
            return frozenset(self._left).union(*types)

    def heard(self, types: frozenset[str]) -> None:
        """From now on exactly these types are heard."""
        with self._changed:
            self._recent.end(self._heard - types)
            self._recent.begin(types - self._heard)
            self._heard = types
            for one in self._listeners:
                if one.missed and one.types <= types:
                    one.tell_gap()
            self._changed.notify_all()

    def tell(self, frames: Iterable[Frame]) -> None:
        """Hand events to those who listen for them."""
        now = time.monotonic()
        with self._changed:
            for frame in frames:
                self._recent.add(frame, now)
                for one in self._listeners:
                    one.offer(frame)

    def lost(self) -> None:
        """Nothing is heard any longer; who listens is told as soon as it is again."""
        with self._changed:
            for one in self._listeners:
                one.missed = True
        self.heard(frozenset())

    def tidy(self) -> None:
        """Forget what is too old to be asked for; to be called now and then."""
        with self._changed:
            self._recent.forget(time.monotonic() - OLDEST)

    def _catch_up(self, listener: Listener, last_id: str | None) -> None:
        if last_id is None:
            return
        missed = self._recent.after(last_id, listener.types)
        if missed is None:
            listener.tell_gap()
        for frame in missed or ():
            listener.offer(frame)
