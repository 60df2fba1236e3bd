"""Requests that may be sent again: with an `Idempotency-Key` they have their effect once.

The first request of that name claims it in the database and keeps its answer there for a day. Whoever sends
it again, because the answer was lost, gets that answer. Only what is final is kept: after a 5xx, and what
the key of the moment may not do, the same name is tried anew.
"""

import hashlib
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import structlog
from flask import Response, current_app, g, request

from services.gateway.body import whole_body
from services.gateway.means import means
from services.gateway.refusals import Refusal
from services.gateway.store.answers import KEPT
from wafa.runtime.clock import now
from wafa.runtime.mongo import Document
from wafa.runtime.transient import is_transient

log = structlog.get_logger(__name__)

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
LONGEST = 200
_NAME = re.compile(rf"[!-~]{{1,{LONGEST}}}")

#: How the header is documented.
PARAMETER = {
    "name": HEADER,
    "in": "header",
    "description": "A name of your own for this request. Sent again with the same name within 24 hours, it "
    f"has no second effect: the first answer is given again, with `{REPLAYED}: true`.",
    "schema": {"type": "string", "pattern": f"^[!-~]{{1,{LONGEST}}}$"},
}

#: After so long a request without an answer counts as one whose process has died.
ABANDONED = timedelta(seconds=60)
#: It has to fit into one document.
LARGEST_KEPT = 8 * 1024 * 1024
_PASSING = {401, 403, 408, 429}


def answered_once(door: str, view: Callable[[], Any]) -> Any:
    """Answer the request in hand by `view`, or as it was answered the first time.

    Raises:
        Refusal: the header is no name, or named another request before (422); or that is in progress (409).
    """
    name = request.headers.get(HEADER)
    if name is None:
        return view()
    if not _NAME.fullmatch(name):
        raise _refused("invalid", f"must be 1 to {LONGEST} visible ASCII characters, without blanks")
    # The true time, whatever the gateway's clock says: it is MongoDB that forgets, by its own.
    claim = {
        "_id": f"{g.key.prefix} {door} {name}",
        "request": _fingerprint(),
        "token": uuid.uuid4().hex,
        "at": now(),
    }
    found = means().store.claim_answer(claim, _counts)
    return _first(claim, view) if found is None else _again(found, claim)


def _counts(found: Document) -> bool:
    return bool(now() - found["at"] < (KEPT if "answer" in found else ABANDONED))


def _fingerprint() -> str:
    said = (request.full_path, request.mimetype)
    head = "\n".join(said).encode()
    return hashlib.sha256(head + b"\n" + whole_body()).hexdigest()


def _again(found: Document, claim: Document) -> Response:
    if found["request"] != claim["request"]:
        raise _refused("idempotency_key_reused", "was used for another request: take a new one for each")
    if (answer := found.get("answer")) is None:
        message = "the same request is being answered at the moment; try again"
        raise Refusal(409, "in_progress", message, headers={"Retry-After": "1"})
    return Response(answer["body"], answer["status"], {**answer["headers"], REPLAYED: "true"})


def _first(claim: Document, view: Callable[[], Any]) -> Response:
    try:
        response = _answered(view)
    except BaseException:
        _settle(lambda: means().store.give_up_answer(claim))
        raise
    if _is_final(response):
        _settle(lambda: means().store.keep_answer(claim, _kept(response)))
    else:
        _settle(lambda: means().store.give_up_answer(claim))
    return response


def _answered(view: Callable[[], Any]) -> Response:
    """Return the answer as it will be given, errors too."""
    try:
        return current_app.make_response(view())
    except Exception as error:
        return current_app.make_response(current_app.handle_user_exception(error))


def _is_final(response: Response) -> bool:
    if response.is_streamed or len(response.get_data()) > LARGEST_KEPT:
        return False
    return response.status_code < 500 and response.status_code not in _PASSING


def _kept(response: Response) -> dict[str, Any]:
    headers = {
        name: response.headers[name] for name in ("Content-Type", "Location") if name in response.headers
    }
    return {"status": response.status_code, "headers": headers, "body": response.get_data()}


def _settle(write: Callable[[], None]) -> None:
    """Write what came of a claim. It was done, or it was not: whoever asked is told that in any case."""
    try:
        write()
    except Exception as error:
        if not is_transient(error):
            raise
        log.warning("an answer could not be kept", error=str(error))


def _refused(code: str, message: str) -> Refusal:
    return Refusal(422, code, f"{HEADER}: {message}", [{"path": HEADER, "message": message}])
