"""The keys that a process of the gateway knows, so that not every request asks the database.

A key is believed for `FRESH` seconds after it was read, so a revocation counts everywhere within that time.
While the database is away, one that was known is believed for `AT_MOST` seconds in all.
"""

import time
from collections.abc import Callable
from datetime import datetime

from services.gateway.domain.key import Key, parse
from services.gateway.store import GatewayStore
from wafa.runtime.transient import is_transient

FRESH = 10.0
AT_MOST = 50.0


class Keyring:
    """Finds the key behind a token; safe to share among threads. `now` returns an aware moment."""

    def __init__(self, store: GatewayStore, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now
        self._known: dict[str, tuple[float, Key]] = {}

    def find(self, token: str) -> Key | None:
        """Return the key that a token stands for, if it may be used now.

        Raises:
            one of `TRANSIENT`: the database is away, and the key is not known here.
        """
        if (parts := parse(token)) is None:
            return None
        prefix, secret = parts
        key = self._read(prefix)
        return key if key and key.opens(secret) and key.counts(self._now()) else None

    def _read(self, prefix: str) -> Key | None:
        read_at, known = self._known.get(prefix, (float("-inf"), None))
        age = time.monotonic() - read_at
        if age < FRESH:
            return known
        try:
            key = self._store.key(prefix)
        except Exception as error:
            if known and age < AT_MOST and is_transient(error):
                return known
            raise
        if key is None:
            # Not kept: whoever tries out prefixes would fill our memory.
            self._known.pop(prefix, None)
        else:
            self._known[prefix] = (time.monotonic(), key)
        return key
