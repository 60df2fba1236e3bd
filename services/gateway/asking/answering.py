"""What the services answer, made into answers of ours.

A service that will not do what it is asked for says so in its answer, with a reason that is a stable word:

    {"error": {"reason": "unknown_customer", "path": "from", "message": "no customer has the id ..."}}

What there is not becomes 404, what cannot be as asked 422, and what the state of things stands against 409.
"""

from typing import Any

from services.gateway.refusals import Refusal, not_found

_MISSING = frozenset({"not_found", "forged"})
_INVALID = frozenset({"no_identifier", "too_large"})


def checked(answer: Any, what: str) -> Any:
    """Return what a service answered, if it is what was asked for; `what` is a word for that: "customer".

    Raises:
        Refusal: the service knows of none (404 `not_found`), refuses because of how things stand (409, the
            reason is the code), or cannot do anything with the arguments (422 `invalid`). The service's own
            reason is in the details.
    """
    if answer is None:
        raise not_found(what)
    if isinstance(answer, dict) and isinstance(error := answer.get("error"), dict):
        raise refused(error)
    return answer


def refused(error: dict[str, Any]) -> Refusal:
    """Return the refusal that stands for the `error` of a service."""
    reason = error.get("reason", "invalid")
    status, code = _kind(reason)
    message = error["message"]
    return Refusal(
        status, code, message, [{"path": error.get("path", ""), "message": message, "reason": reason}]
    )


def _kind(reason: str) -> tuple[int, str]:
    if reason in _MISSING or reason.startswith("unknown"):
        return 404, "not_found"
    if reason in _INVALID or reason.startswith("invalid"):
        return 422, "invalid"
    return 409, reason
