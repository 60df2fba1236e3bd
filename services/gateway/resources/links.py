"""Links in messages: `/u/<token>` ends them, `/a/<token>` answers a question. No key, no login, no cookie.

To look changes nothing, because mail scanners follow links; the page's one button does it, and so does the
mail program that offers to unsubscribe (RFC 8058: it posts `List-Unsubscribe=One-Click`). What else such a
request says is not looked at: nobody is refused for the form of it.
"""

import re
from typing import Any

import structlog
from flask import Blueprint, Response, request

from services.gateway.means import means, services
from services.gateway.pages.page import DIRECTIONS, HEADERS, page
from services.gateway.refusals import RETRY_AFTER, Refusal, not_found
from wafa.runtime.logs import withheld
from wafa.runtime.transient import TRANSIENT

log = structlog.get_logger(__name__)

links = Blueprint("links", __name__)

#: Seconds that a look may take, and a click until the broker has confirmed it.
LOOK, COMMAND = 5.0, 15.0
_TOKEN = re.compile(r"[A-Za-z0-9_.-]{1,1000}")


@links.before_request
def admit() -> None:
    """Let nobody follow links faster than people and mail programs do."""
    means().gate.visit(request.remote_addr or "")


@links.after_request
def protect(response: Response) -> Response:
    """Let the page be kept, framed and found by nobody."""
    response.headers.update(HEADERS)
    return response


@links.get("/u/<token>")
def unsubscribe(token: str) -> str:
    """Ask whether somebody wants no more messages of this kind."""
    return _shown("unsubscribe", channel=_followed("link", token, "unsubscribe")["channel"])


@links.post("/u/<token>")
def unsubscribed(token: str) -> str:
    """Withdraw the consent, and say so."""
    return _shown("unsubscribed", channel=_followed("unsubscribe", token)["unsubscribed"])


@links.get("/a/<token>")
def answer(token: str) -> str:
    """Show the answer that the link stands for, to be sent."""
    return _shown(f"answer {_followed('link', token, 'answer')['answer']}")


@links.post("/a/<token>")
def answered(token: str) -> str:
    """Take the answer, and thank for it."""
    return _shown(f"answered {_followed('answer', token)['answer']}")


def _followed(method: str, token: str, purpose: str | None = None) -> Any:
    """Return what a token came to; `purpose` is what it must be for, where it is only looked at.

    Raises:
        Refusal: it is none, or is for something else.
        Away: nobody can say just now.
    """
    if not _TOKEN.fullmatch(token):
        raise not_found("link")
    within = COMMAND if purpose is None else LOOK
    found = services().call("notifications", method, token, within=within)
    if "error" in found or found.get("purpose") != purpose:
        raise not_found("link")
    return found


def _shown(name: str, **options: str) -> str:
    language = request.accept_languages.best_match(DIRECTIONS, default="en")
    return page(name, language, **options)


@links.errorhandler(Refusal)
def refused(error: Refusal) -> tuple[str, int, dict[str, str]]:
    """Say in both languages that a link is none, or that there were too many requests."""
    if error.status == 404:
        return _shown("unknown"), 404, {}
    return _shown("away", method=request.method.lower()), error.status, error.headers


def _away(error: Exception) -> tuple[str, int, dict[str, str]]:
    log.warning("a link could not be followed", error=str(error))
    return _shown("away", method=request.method.lower()), 503, {"Retry-After": str(RETRY_AFTER)}


for _kind in TRANSIENT:
    links.register_error_handler(_kind, _away)


@links.errorhandler(Exception)
def failed(error: Exception) -> tuple[str, int]:
    """Say in both languages that it did not work."""
    log.error("a link could not be followed", exc_info=withheld(error))
    return _shown("away", method=request.method.lower()), 500
