"""One attempt: a signed POST of an event, as Standard Webhooks has it."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Any

from urllib3.exceptions import TimeoutError as TimedOut

from services.gateway.domain.delivery import Attempt
from services.gateway.domain.subscription import MOST, Subscription, signing
from wafa.contracts.envelope import STRUCTURED
from wafa.runtime.webhooks.addresses import Forbidden
from wafa.runtime.webhooks.calling import NO_ANSWER, Calls
from wafa.runtime.webhooks.endpoint import Endpoint
from wafa.runtime.webhooks.signing import key_of, signed

#: Seconds until we give up on a connection, and on each step of an answer.
CONNECT, ANSWER = 2.0, 8.0
#: Seconds that an attempt may take in all: a receiver could answer drop by drop.
LONGEST = 15.0

Bounded = Callable[[], AbstractContextManager[Any]]


class Postman:
    """Makes attempts; safe to share among threads.

    With `private` also to addresses inside our own network. `bounded` gives a context that ends what takes
    longer than `LONGEST` with an error of the network.
    """

    def __init__(self, *, private: bool, at_once: int, bounded: Bounded = nullcontext) -> None:
        self._calls = Calls(hosts=MOST, connections=at_once, connect=CONNECT, answer=ANSWER)
        self._private = private
        self._bounded = bounded

    def post(self, webhook: Subscription, event: str, body: bytes, now: datetime) -> Attempt:
        """Send an event by its key and say what came of it; raises nothing that a receiver can cause."""
        try:
            there = Endpoint.parse(webhook.url, private=self._private)
        except ValueError:
            return Attempt(trouble="url")
        keys = [key_of(one) for one in signing(webhook.secrets, now)]
        headers = signed(keys, event, int(time.time()), body) | {"Content-Type": STRUCTURED}
        try:
            with self._bounded():
                answer = self._calls.post(there, headers, body)
        except NO_ANSWER as error:
            return Attempt(trouble=_word(error))
        return Attempt(answer.status, retry_after=answer.retry_after)

    def close(self) -> None:
        """End all connections that are at rest."""
        self._calls.close()


def _word(error: BaseException) -> str:
    """Return why there was no answer, and no more: what a name leads to inside is not for outsiders."""
    if isinstance(error, Forbidden):
        return "private_address"
    if isinstance(error, TimedOut | TimeoutError):
        return "timeout"
    return "no_connection"
