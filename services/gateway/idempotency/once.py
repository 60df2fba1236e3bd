"""Requests that may be sent again: with an `Idempotency-Key` they have their effect once.

The first request of that name claims it in the database and keeps its answer there for a day. Whoever sends
it again, because the answer was lost, gets that answer. Only what is final is kept: after a 5xx, and what
the key of the moment may not do, the same name is tried anew. Of an answer with a secret it is kept that it
was given, and nothing of what it said.

What such a request makes has the same id each time that it is tried (`id_to_make`): whoever died on the way
to the answer may have made it already.
"""

import hashlib
import re
import uuid
from collections.abc import Callable
from typing import Any

import structlog
from flask import Response, current_app, g, request

from services.gateway.idempotency.claims import ABANDONED
from services.gateway.means import means
from services.gateway.refusals import Refusal
from services.gateway.requests.body import whole_body
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

#: It has to fit into one document.
LARGEST_KEPT = 8 * 1024 * 1024
_PASSING = {401, 403, 408, 429}


def answered_once(door: str, view: Callable[[], Any], *, secret: bool = False) -> Any:
    """Answer the request in hand by `view`, or as it was answered the first time.

    `secret`: the answer has something that nobody is shown twice.

    Raises:
        Refusal: the header is no name, or named another request before (422); or that is in progress, or its
            answer had a secret (409).
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
        "makes": uuid.uuid4().hex,
        "at": now(),
    }
    found = means().store.claim_answer(claim, _counts)
    if found is not None:
        return _again(found, claim)
    g.id_to_make = claim["makes"]
    with means().claims.held(claim):
        return _first(claim, view, secret)


def id_to_make() -> str:
    """Return the id (32 hexadecimal digits) for what the request in hand makes."""
    return str(g.get("id_to_make") or uuid.uuid4().hex)


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
    if "body" not in answer:
        message = "this was done already. The answer had a secret, which is shown once and kept nowhere"
        raise Refusal(409, "secret_shown_once", message)
    return Response(answer["body"], answer["status"], {**answer["headers"], REPLAYED: "true"})


def _first(claim: Document, view: Callable[[], Any], secret: bool) -> Response:
    try:
        response, lasting = _answered(view)
    except BaseException:
        _settle(lambda: means().store.give_up_answer(claim))
        raise
    if lasting and _is_final(response):
        kept = {} if secret and response.status_code < 300 else _kept(response)
        _settle(lambda: means().store.keep_answer(claim, kept))
    else:
        _settle(lambda: means().store.give_up_answer(claim))
    return response


def _answered(view: Callable[[], Any]) -> tuple[Response, bool]:
    """Return the answer as it will be given, errors too, and whether it would be the same a moment later."""
    try:
        return current_app.make_response(view()), True
    except Exception as error:
        lasting = not (isinstance(error, Refusal) and error.passing)
        return current_app.make_response(current_app.handle_user_exception(error)), lasting


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
