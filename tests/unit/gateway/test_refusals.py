"""Every error that the runtime knows has an answer over HTTP, and no answer says more than it should."""

from collections.abc import Iterator

import pytest
from flask import Flask

from services.gateway.refusals import answer_in_our_shape
from wafa.runtime import errors
from wafa.runtime.errors import InvalidArgument, RemoteFailed, RuntimeFault, Transient

#: The status of an error and of what is a case of it; an error that is in no row has none.
ANSWERS: dict[type[Exception], tuple[int, str]] = {
    InvalidArgument: (422, "invalid"),
    Transient: (503, "unavailable"),
    RemoteFailed: (500, "internal"),
    errors.Misconfigured: (500, "internal"),
    errors.StoreRefused: (500, "internal"),
}
MADE = {
    InvalidArgument: InvalidArgument("limit", "must be a whole number"),
    RemoteFailed: RemoteFailed("loyalty", "member", "ZeroDivisionError"),
}


def family(error: type[Exception]) -> Iterator[type[Exception]]:
    for child in error.__subclasses__():
        yield child
        yield from family(child)


def ours() -> list[type[Exception]]:
    return [one for one in family(RuntimeFault) if one.__module__ == errors.__name__]


def answered(error: Exception) -> tuple[int, dict[str, object]]:
    app = Flask(__name__)
    answer_in_our_shape(app)

    @app.get("/")
    def fail() -> str:
        raise error

    answer = app.test_client().get("/")
    return answer.status_code, answer.get_json()["error"]


@pytest.mark.parametrize("kind", ours())
def test_every_error_has_its_answer(kind: type[Exception]) -> None:
    expected = next((answer for known, answer in ANSWERS.items() if issubclass(kind, known)), None)
    assert expected, f"say how {kind.__name__} is answered"

    status, error = answered(MADE.get(kind) or kind("sara@example.com"))

    assert (status, error["code"]) == expected
    assert "sara" not in str(error)


@pytest.mark.parametrize("error", [ValueError("sara@example.com"), KeyError("sara"), UnicodeError("sara")])
def test_a_fault_of_ours_is_no_bad_request_and_its_words_stay_here(error: Exception) -> None:
    status, told = answered(error)

    assert (status, told["code"]) == (500, "internal")
    assert "sara" not in str(told)


def test_a_bad_argument_is_answered_with_its_path() -> None:
    _, told = answered(InvalidArgument("limit", "must be a whole number"))

    assert told["message"] == "limit must be a whole number"
    assert told["details"] == [{"path": "limit", "message": "must be a whole number"}]
