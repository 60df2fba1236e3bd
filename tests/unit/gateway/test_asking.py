"""Questions to the services: nobody waits for one that has lately not answered, and it is tried again."""

from typing import Any

import pytest

from services.gateway.asking import questions
from services.gateway.asking.questions import FAILURES, RECOVERY, Away, Services
from wafa.runtime.errors import InvalidArgument, RemoteFailed, RemoteUnavailable


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class FakeCaller:
    """Answers what the test says; an exception is raised when the answer is read."""

    def __init__(self) -> None:
        self.answer: Any = "yes"
        self.asked = 0

    def begin(self, service: str, method: str, *args: Any, within: float, **kwargs: Any) -> "FakeCaller":
        if "\ud800" in args:
            raise UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed")
        self.asked += 1
        return self

    def result(self) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("circuitbreaker.monotonic", clock)
    monkeypatch.setattr(questions.time, "monotonic", clock)
    return clock


@pytest.fixture
def caller(clock: Clock) -> FakeCaller:
    return FakeCaller()


@pytest.fixture
def services(caller: FakeCaller) -> Services:
    return Services(caller)  # type: ignore[arg-type]


def fail(services: Services, caller: FakeCaller, times: int = FAILURES) -> None:
    caller.answer = RemoteUnavailable("no answer")
    for _ in range(times):
        with pytest.raises(Away):
            services.call("loyalty", "member", "x")


def test_who_does_not_answer_is_named(services: Services, caller: FakeCaller) -> None:
    caller.answer = RemoteUnavailable("no answer within 5 s")

    with pytest.raises(Away, match=r"the service loyalty does not answer: no answer within 5 s") as caught:
        services.call("loyalty", "member", "x")
    assert caught.value.service == "loyalty"


def test_after_some_silence_a_service_is_not_asked_and_others_are(
    services: Services, caller: FakeCaller
) -> None:
    fail(services, caller)
    assert services.away() == ["loyalty"]

    asked = caller.asked
    with pytest.raises(Away, match="not asked for some seconds"):
        services.call("loyalty", "member", "x")
    assert caller.asked == asked
    caller.answer = "yes"
    assert services.call("customers", "get", "x") == "yes"


def test_one_question_tries_it_and_the_others_do_not_wait_for_that(
    services: Services, caller: FakeCaller, clock: Clock
) -> None:
    fail(services, caller)
    clock.now += RECOVERY
    asked = caller.asked

    trial = services.ask("loyalty", "member", "x")
    for _ in range(3):
        with pytest.raises(Away):
            services.call("loyalty", "member", "x")
    assert caller.asked == asked + 1

    caller.answer = "back"
    assert trial.answer() == "back"
    assert services.call("loyalty", "member", "x") == "back"
    assert services.away() == []


def test_a_trial_that_fails_or_that_nobody_reads_is_followed_by_another(
    services: Services, caller: FakeCaller, clock: Clock
) -> None:
    fail(services, caller)
    clock.now += RECOVERY
    fail(services, caller, times=1)
    assert services.away() == ["loyalty"]

    clock.now += RECOVERY
    services.ask("loyalty", "member", "never read")
    clock.now += RECOVERY
    caller.answer = "back"
    assert services.call("loyalty", "member", "x") == "back"


def test_an_error_of_a_service_is_an_answer(services: Services, caller: FakeCaller) -> None:
    caller.answer = RemoteFailed("loyalty", "member", "ZeroDivisionError")
    for _ in range(2 * FAILURES):
        with pytest.raises(RemoteFailed):
            services.call("loyalty", "member", "x")

    assert services.away() == []


def test_a_text_that_is_none_is_refused_as_the_service_would(services: Services) -> None:
    with pytest.raises(InvalidArgument, match="half of a surrogate pair"):
        services.call("loyalty", "member", "\ud800")
