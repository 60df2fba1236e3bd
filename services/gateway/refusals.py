"""What is answered when something cannot be done: one shape, whatever the reason.

    {"error": {"code": "invalid", "message": "...", "details": [{"path": "limit", "message": "..."}]}}

`code` is for machines and stays; `message` is for people and says what to do. Nothing of what a service
or a library says about an error of ours gets out.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import structlog
from flask import Flask, Response, jsonify
from gunicorn.http.errors import NoMoreData, ParseException
from marshmallow import Schema, fields
from werkzeug.exceptions import HTTPException

from services.gateway.asking.questions import Away
from wafa.runtime.errors import InvalidArgument, RemoteFailed
from wafa.runtime.logs import withheld
from wafa.runtime.transient import TRANSIENT

log = structlog.get_logger(__name__)

#: Seconds after which it is worth trying again when something is away.
RETRY_AFTER = 5
#: How many things that are wrong with a request are told, and characters of the name of each place.
MOST_DETAILS, LONGEST_PATH = 100, 200

#: By status: the word for machines, and the sentence for people where nobody says it better.
WORDS = {
    400: ("bad_request", "the request cannot be read"),
    404: ("not_found", "there is no such address; GET /v1/openapi.json lists them"),
    405: ("method_not_allowed", "this address does not take that method"),
    406: ("not_acceptable", "there is no answer in that form"),
    408: ("too_slow", "the request took too long to arrive"),
    413: ("too_large", "the request is larger than this address takes"),
    415: ("unsupported_media_type", "send application/json"),
    422: ("invalid", "the request is not as it should be; details say where"),
    500: ("internal", "something went wrong here; the log of the gateway says what"),
}


class Detail(Schema):
    """Where something is wrong, and what was expected there."""

    path = fields.String(required=True, metadata={"description": "dotted path, empty for the whole"})
    message = fields.String(required=True)
    reason = fields.String(metadata={"description": "a stable word, where there is one"})
    line = fields.Integer(metadata={"description": "in the text that was sent, where it was a file's"})


class ErrorContent(Schema):
    """The error."""

    code = fields.String(required=True, metadata={"description": "a stable word for machines"})
    message = fields.String(required=True, metadata={"description": "a sentence for people"})
    details = fields.List(fields.Nested(Detail), required=True)


class ErrorAnswer(Schema):
    """The shape of every error."""

    error = fields.Nested(ErrorContent, required=True)


class Refusal(Exception):
    """A request that is not fulfilled; it had no effect. `headers` are added to the answer.

    `passing`: it does not lie in the request alone, the same one may be fulfilled a moment later.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        details: list[dict[str, Any]] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        passing: bool = False,
    ) -> None:
        super().__init__(message)
        self.passing = passing
        self.status, self.code, self.message = status, code, message
        self.details = details or []
        self.headers = dict(headers or {})


def not_found(what: str) -> Refusal:
    """Return the answer for something that there is not."""
    return Refusal(404, "not_found", f"there is no such {what}")


def invalid(details: list[dict[str, Any]], *, passing: bool = False) -> Refusal:
    """Return the answer for a request that is not as it should be; `details` say where, each as `Detail`."""
    code, message = WORDS[422]
    return Refusal(422, code, message, details, passing=passing)


def answer_in_our_shape(app: Flask) -> None:
    """Let every error of an application be answered in the one shape."""
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(InvalidArgument, _invalid_argument)
    app.register_error_handler(RemoteFailed, _remote_failed)
    for kind in (ParseException, NoMoreData):
        app.register_error_handler(kind, _badly_chunked)
    for kind in TRANSIENT:
        app.register_error_handler(kind, _away)
    app.register_error_handler(Exception, _unexpected)


def _refused(error: Refusal) -> Response:
    return _answer(error.status, error.code, error.message, error.details, error.headers)


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    code, message = WORDS.get(status, ("http_error", error.name))
    found = getattr(error, "data", None) or {}
    details = [*islice(_flattened(found.get("messages") or {}), MOST_DETAILS)]
    headers = {"Allow": ", ".join(error.valid_methods)} if getattr(error, "valid_methods", None) else {}
    return _answer(status, code, message, details, headers | dict(found.get("headers") or {}))


def _flattened(messages: Any, path: tuple[str, ...] = ()) -> Iterator[dict[str, str]]:
    """Yield what webargs says: locations of dicts of dicts of lists."""
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            # The first is where it stood: json, query, headers.
            yield from _flattened(inner, (*path, str(name)))
    elif isinstance(messages, list):
        for one in messages:
            place = ".".join(part for part in path[1:] if part != "_schema")
            yield {"path": place[:LONGEST_PATH], "message": str(one)}


def _badly_chunked(error: Exception) -> Response:
    return _answer(400, "bad_request", "the chunks of the body are not as they should be, or end too early")


def _invalid_argument(error: InvalidArgument) -> Response:
    return _answer(422, "invalid", str(error), [{"path": error.path, "message": error.message}])


def _remote_failed(error: RemoteFailed) -> Response:
    log.error("a service broke down", error=str(error))
    return _internal()


def _away(error: Exception) -> Response:
    log.warning("something is away", error=str(error))
    what = f"the service {error.service}" if isinstance(error, Away) else "something that Wafa needs"
    headers = {"Retry-After": str(RETRY_AFTER)}
    return _answer(503, "unavailable", f"{what} is away for the moment; try again", headers=headers)


def _unexpected(error: Exception) -> Response:
    log.error("request failed", exc_info=withheld(error))
    return _internal()


def _internal() -> Response:
    return _answer(500, *WORDS[500])


def _answer(
    status: int,
    code: str,
    message: str,
    details: list[dict[str, Any]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    response = jsonify({"error": {"code": code, "message": message, "details": details or []}})
    response.status_code = status
    response.headers.update(headers or {})
    return response
