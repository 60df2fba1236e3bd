"""Questions to the services: each with a deadline, and none to one that has lately not answered.

After `FAILURES` questions in a row without an answer a service is not asked for `RECOVERY` seconds: whoever
wants something of it hears at once that it is away, and the threads are free for what works.
"""

from typing import Any

from circuitbreaker import CircuitBreaker

from wafa.runtime.caller import Caller, Pending
from wafa.runtime.errors import RemoteUnavailable
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


class Question:
    """A question that was asked, or was not because nobody would have answered."""

    def __init__(self, service: str, breaker: CircuitBreaker, pending: Pending | None) -> None:
        self._service = service
        self._breaker = breaker
        self._pending = pending

    def answer(self) -> Any:
        """Wait for the answer and return it.

        Raises:
            Away: there is none, or none in time.
            RemoteFailed: the service answered with an error.
        """
        if self._pending is None:
            raise Away(self._service, "it is not asked for some seconds")
        try:
            with self._breaker:
                return self._pending.result()
        except RemoteUnavailable as error:
            raise Away(self._service, str(error)) from error


class Services:
    """The services that can be asked; safe to share among threads."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._breakers = {
            name: CircuitBreaker(FAILURES, RECOVERY, RemoteUnavailable, name) for name in (*SERVICES, GATEWAY)
        }

    def call(self, service: str, method: str, *arguments: Any, within: float = DEADLINE, **named: Any) -> Any:
        """Ask and wait for the answer; raises as `Question.answer`."""
        return self.ask(service, method, *arguments, within=within, **named).answer()

    def ask(
        self, service: str, method: str, *arguments: Any, within: float = DEADLINE, **named: Any
    ) -> Question:
        """Ask and go on, so that several are asked at the same time."""
        breaker = self._breakers[service]
        pending = (
            None
            if breaker.opened
            else self._caller.begin(service, method, *arguments, within=within, **named)
        )
        return Question(service, breaker, pending)

    def away(self) -> list[str]:
        """Return which services are not asked at the moment."""
        return [name for name, breaker in self._breakers.items() if breaker.opened]
