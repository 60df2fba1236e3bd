"""Whether a host leads anywhere, for somebody who waits for the answer.

The system's resolver cannot be told when to give up. So it is asked in a thread, and whoever waits goes on
without it; there are few such threads, however many ask.
"""

import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from wafa.runtime.webhooks.addresses import resolved
from wafa.runtime.webhooks.endpoint import Endpoint

#: Seconds until a question counts as not answered, and questions that are asked at once.
WITHIN = 3.0
AT_ONCE = 4

_NO_SUCH_NAME = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}


class Unresolved(Exception):
    """A host leads nowhere, as far as we know; the message says why, and does not repeat it."""


class Lookups:
    """Looks hosts up; safe to share among threads. `resolve` is as `addresses.resolved`."""

    def __init__(
        self,
        *,
        within: float = WITHIN,
        at_once: int = AT_ONCE,
        resolve: Callable[..., Sequence[Any]] = resolved,
    ) -> None:
        self._threads = ThreadPoolExecutor(at_once, "lookup")
        self._within = within
        self._resolve = resolve

    def check(self, there: Endpoint) -> None:
        """Return if a host leads to where may be called.

        Raises:
            Forbidden: it leads inside, and must not.
            Unresolved: there is no such name, or nobody says so in time.
        """
        asked = self._threads.submit(self._resolve, there.host, there.port, private=there.private)
        try:
            asked.result(self._within)
        except OSError as error:
            asked.cancel()
            if isinstance(error, socket.gaierror) and error.errno in _NO_SUCH_NAME:
                raise Unresolved("names a host that does not exist: no name server knows it") from None
            raise Unresolved(
                "names a host that could not be looked up just now: no name server answers; try again"
            ) from None
