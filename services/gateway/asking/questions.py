"""Questions to the services: each with a deadline, and none to one that has lately not answered.

After `FAILURES` questions in a row without an answer a service is not asked for `RECOVERY` seconds: whoever
wants something of it hears at once that it is away, and the threads are free for what works. Then one
question goes out to try it, and once that is answered all others go too.
"""

import threading
import time
from copy import copy
from typing import Any

from circuitbreaker import CircuitBreaker

from wafa.runtime.awaiting import Pending
from wafa.runtime.caller import Caller
from wafa.runtime.errors import InvalidArgument, RemoteUnavailable
from wafa.services import GATEWAY, SERVICES

FAILURES = 5
RECOVERY = 5
#: Seconds that a question may take; commands and what looks at everybody say how long they may.
DEADLINE = 5.0


class Away(RemoteUnavailable):
    """A service does not answer; `service` is its name."""

    def __init__(self, service: str, why: str) -> None:
        self.service = service
        super().__init__(f"the service {service} does not answer: {why}")


class Line:
    """The way to a service: open, shut for some seconds, or open for one question that tries it."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.breaker = CircuitBreaker(FAILURES, RECOVERY, RemoteUnavailable, service)
        self._lock = threading.Lock()
        self._tried = float("-inf")

    @property
    def shut(self) -> bool:
        """Whether the service has lately not answered."""
        return not self.breaker.closed

    def lets_through(self) -> bool:
        """Tell whether the service is to be asked now."""
        if self.breaker.closed:
            return True
        if self.breaker.opened:
            return False
        with self._lock:
            now = time.monotonic()
            # Whoever tried it before may never have waited for the answer.
            if now - self._tried < RECOVERY:
                return False
            self._tried = now
            return True


class Question:
    """A question that was asked, or was not because nobody would have answered."""

    def __init__(self, line: Line, pending: Pending | None) -> None:
        self._line = line
        self._pending = pending

    def answer(self) -> Any:
        """Wait for the answer and return it.

        Raises:
            Away: there is none, or none in time.
            InvalidArgument: the service cannot do anything with an argument.
            RemoteFailed: the service broke down.
        """
        if self._pending is None:
            raise Away(self._line.service, "it is not asked for some seconds")
        try:
            with self._line.breaker:
                return self._pending.result()
        except RemoteUnavailable as error:
            raise Away(self._line.service, str(error)) from error


class Services:
    """The services that can be asked; safe to share among threads."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._lines = {name: Line(name) for name in (*SERVICES, GATEWAY)}
        self._trace: dict[str, str] = {}

    def in_trace(self, traceparent: str) -> "Services":
        """Return the same, asked in a trace."""
        traced = copy(self)
        traced._trace = {"in_trace": traceparent}
        return traced

    def call(self, service: str, method: str, *arguments: Any, within: float = DEADLINE, **named: Any) -> Any:
        """Ask and wait for the answer; raises as `ask` and `Question.answer`."""
        return self.ask(service, method, *arguments, within=within, **named).answer()

    def ask(
        self, service: str, method: str, *arguments: Any, within: float = DEADLINE, **named: Any
    ) -> Question:
        """Ask and go on, so that several are asked at the same time.

        Raises:
            InvalidArgument: an argument is no text that can be sent; as if the service had refused it.
        """
        line = self._lines[service]
        if not line.lets_through():
            return Question(line, None)
        try:
            pending = self._caller.begin(service, method, *arguments, within=within, **self._trace, **named)
            return Question(line, pending)
        except UnicodeEncodeError:
            why = "a text holds half of a surrogate pair, which is no character"
            raise InvalidArgument("", why) from None

    def away(self) -> list[str]:
        """Return which services have lately not answered."""
        return [name for name, line in self._lines.items() if line.shut]
