"""Who waits for which answer: the part of `caller` that knows nothing of a broker."""

import contextlib
import time
from concurrent.futures import Future, InvalidStateError
from typing import Any, NamedTuple

from wafa.runtime.errors import RemoteUnavailable
from wafa.runtime.protocol import Answer, result


class Request(NamedTuple):
    """A call on its way. `within` is in seconds; `traceparent` is of the trace that it belongs to."""

    correlation: str
    service: str
    method: str
    body: bytes
    within: float
    traceparent: str | None = None


class Awaited:
    """The answers that somebody waits for; safe to share among threads."""

    def __init__(self) -> None:
        self._answers: dict[str, Future[Answer]] = {}

    def expect(self, request: Request) -> "Pending":
        """Wait for the answer to a request."""
        answer = self._answers[request.correlation] = Future()
        return Pending(self, request, answer)

    def forget(self, correlation: str) -> None:
        """Wait for an answer no longer."""
        self._answers.pop(correlation, None)

    def wants(self, correlation: str) -> bool:
        """Tell whether somebody waits for an answer that has not come."""
        answer = self._answers.get(correlation)
        return answer is not None and not answer.done()

    def settle(self, correlation: str, outcome: Answer | Exception) -> None:
        """Hand over what became of a request, to whom it may concern."""
        answer = self._answers.get(correlation)
        if answer is None:
            return
        # The first word holds; another thread may just have said it.
        with contextlib.suppress(InvalidStateError):
            if isinstance(outcome, Exception):
                answer.set_exception(outcome)
            else:
                answer.set_result(outcome)

    def fail_all(self, why: str) -> None:
        """Tell everybody that no answer will come."""
        for correlation in list(self._answers):
            self.settle(correlation, RemoteUnavailable(why))


class Pending:
    """An answer to come. Once nobody holds it any longer, the answer is for nobody."""

    def __init__(self, awaited: Awaited, request: Request, answer: Future[Answer]) -> None:
        self._awaited = awaited
        self._request = request
        self._answer = answer
        self._until = time.monotonic() + request.within

    def __del__(self) -> None:
        """Wait no longer."""
        self._awaited.forget(self._request.correlation)

    def result(self) -> Any:
        """Wait for the answer and return it.

        Raises:
            InvalidArgument: the service cannot do anything with an argument.
            RemoteUnavailable: no answer in time, or something that the service needs is away.
            RemoteFailed: the service broke down.
        """
        service, method = self._request.service, self._request.method
        try:
            answer = self._answer.result(max(self._until - time.monotonic(), 0))
        except TimeoutError:
            # The request itself may not be sent yet: it must not be done behind the caller's back.
            self._awaited.forget(self._request.correlation)
            raise RemoteUnavailable(
                f"{service}.{method}: no answer within {self._request.within:g} s"
            ) from None
        return result(answer, service, method)
