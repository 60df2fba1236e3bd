"""The keys that a process of the gateway knows, so that not every request asks the database.

A key is believed for `FRESH` seconds after it was read, so a revocation counts everywhere within that time.
While the database is away, one that was known is believed for `AT_MOST` seconds in all; it is asked again
every `PAUSE` seconds, by one request at a time: the others do not wait for it.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from services.gateway.domain.key import Key, digest, parse
from wafa.runtime.transient import is_transient

FRESH = 10.0
AT_MOST = 50.0
PAUSE = 2.0
#: Keys that are remembered; beyond that the one that was read longest ago is forgotten.
MOST = 10_000
#: The last use of a key is written down once in so many seconds.
BETWEEN_USES = 60.0

_EPOCH = datetime.fromtimestamp(0, UTC)
#: Somebody who is not there. Their secret is compared like any other, so that both take the same time.
_NOBODY = Key("", "", digest(""), frozenset(), 0, _EPOCH)


class Records(Protocol):
    """Where keys are kept."""

    def key(self, prefix: str) -> Key | None:
        """Return a key."""

    def use_keys(self, used: Mapping[str, datetime]) -> None:
        """Take down when keys were last used; safe to repeat."""


@dataclass(slots=True)
class _Known:
    key: Key
    read_at: float
    again_at: float
    #: Somebody reads it anew at the moment.
    asking: bool = False


class Keyring:
    """Finds the key behind a token; safe to share among threads.

    `now` returns an aware moment, `clock` seconds that only grow.
    """

    def __init__(
        self, store: Records, now: Callable[[], datetime], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._now = now
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, _Known] = {}
        self._used: dict[str, datetime] = {}
        self._written: dict[str, datetime] = {}

    def __len__(self) -> int:
        """Return how many keys are remembered."""
        return len(self._known)

    def knows(self, token: str) -> bool:
        """Tell whether a token begins like a key that was read before: nobody has to be asked for it."""
        parts = parse(token)
        return parts is not None and parts[0] in self._known

    def find(self, token: str) -> Key | None:
        """Return the key that a token stands for, if it may be used now.

        Raises:
            one of `TRANSIENT`: the database is away, and the key is not known here.
        """
        if (parts := parse(token)) is None:
            return None
        prefix, secret = parts
        key = self._read(prefix)
        opened = (key or _NOBODY).opens(secret)
        if key is None or not opened or not key.counts(now := self._now()):
            return None
        self._used[prefix] = now
        return key

    def flush(self) -> None:
        """Write down when keys were last used, each once a minute at most.

        Raises:
            one of `TRANSIENT`: the database is away; call it again.
        """
        long_ago = self._now() - timedelta(seconds=BETWEEN_USES)
        due = {
            prefix: at
            for prefix, at in [*self._used.items()]
            if self._written.get(prefix, _EPOCH) <= long_ago and at > self._written.get(prefix, _EPOCH)
        }
        if due:
            self._store.use_keys(due)
            self._written.update(due)
        for forgotten in self._written.keys() - self._known.keys():
            self._used.pop(forgotten, None)
            self._written.pop(forgotten, None)

    def _read(self, prefix: str) -> Key | None:
        with self._lock:
            known = self._known.get(prefix)
            if known and self._believed(known):
                return known.key
            if known:
                known.asking = True
        began = self._clock()
        try:
            key = self._store.key(prefix)
        except Exception as error:
            return self._without_database(known, error)
        self._keep(prefix, key, began)
        return key

    def _believed(self, known: _Known) -> bool:
        now = self._clock()
        return now < known.again_at or (known.asking and now - known.read_at < AT_MOST)

    def _without_database(self, known: _Known | None, error: Exception) -> Key:
        # How old it is by now: the database may have taken its time to fail.
        if known:
            known.asking = False
            if is_transient(error) and self._clock() - known.read_at < AT_MOST:
                known.again_at = min(self._clock() + PAUSE, known.read_at + AT_MOST)
                return known.key
        raise error

    def _keep(self, prefix: str, key: Key | None, read_at: float) -> None:
        with self._lock:
            # The latest stands last. Who is nobody is not kept: whoever tries out prefixes fills no memory.
            self._known.pop(prefix, None)
            if key is not None:
                self._known[prefix] = _Known(key, read_at, read_at + FRESH)
                if len(self._known) > MOST:
                    self._known.pop(next(iter(self._known)))
