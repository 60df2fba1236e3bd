"""Requests that this process is answering by a name of theirs: nobody else is to answer them meanwhile.

A claim counts for `ABANDONED` from when it was last renewed, and it is renewed every `RENEWED_EVERY` seconds
for as long as its request takes, in a thread that does nothing else. So it lapses when its process has died,
or could not reach the database for nearly all of that time: as little as the request itself could.
"""

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Protocol

from wafa.runtime.mongo import Document

#: After so long without a sign a request counts as one whose process has died.
ABANDONED = timedelta(seconds=60)
#: Seconds. One that fails takes half a minute at most, and the next one is still in time.
RENEWED_EVERY = 10.0


class Records(Protocol):
    """Where claims are kept."""

    def renew_claims(self, claims: Collection[Document], at: datetime) -> None:
        """Let these claims count from a moment on, as far as they are still there."""


class Claims:
    """The claims of a process; safe to share among threads. `now` returns an aware moment."""

    def __init__(self, store: Records, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now
        self._lock = threading.Lock()
        self._held: dict[str, Document] = {}

    @contextmanager
    def held(self, claim: Document) -> Iterator[None]:
        """Keep a claim alive."""
        with self._lock:
            self._held[claim["token"]] = claim
        try:
            yield
        finally:
            with self._lock:
                del self._held[claim["token"]]

    def renew(self) -> None:
        """Renew all that are held; to be called every `RENEWED_EVERY` seconds.

        Raises:
            one of `TRANSIENT`: the database is away; call it again.
        """
        with self._lock:
            held = [*self._held.values()]
        if held:
            self._store.renew_claims(held, self._now())
