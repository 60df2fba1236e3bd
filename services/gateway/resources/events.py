"""Events over HTTP: published, or only checked.

One event or an array of them, of any types. Each is judged for itself, and what is valid is published,
whatever stands beside it.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from flask import Response, g, request
from marshmallow import Schema, fields, validate
from structlog.contextvars import bind_contextvars

from services.gateway.door import Doors
from services.gateway.means import means
from services.gateway.refusals import RETRY_AFTER, Detail, Refusal
from services.gateway.requests.body import whole_body
from services.gateway.requests.submission import (
    MOST_PROBLEMS,
    MOST_PROBLEMS_IN_ALL,
    Judged,
    Submission,
    form_of,
)
from services.gateway.resources.event_body import BODY
from services.gateway.serving.observing import trace_in_hand
from wafa.runtime.errors import Transient

#: Of how many events of a request the log tells the correlation ids.
MOST_TOLD = 20

events = Doors("events", "Tell Wafa what happened with customers")


class EventResult(Schema):
    """What became of one event."""

    index = fields.Integer(required=True, metadata={"description": "its place in the array, from 0"})
    id = fields.String(required=True, allow_none=True, metadata={"description": "its `id`, if it has one"})
    source = fields.String(required=True, allow_none=True)
    correlation_id = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "what all that follows from it has as `correlationid`, its own if it has one; "
            "null if it is rejected"
        },
    )
    status = fields.String(required=True, validate=validate.OneOf(["accepted", "rejected"]))
    errors = fields.List(
        fields.Nested(Detail),
        required=True,
        metadata={
            "description": f"everything that is wrong with it, up to {MOST_PROBLEMS} things; once "
            f"{MOST_PROBLEMS_IN_ALL:,} are told of a request, of each further event the first. `path` is "
            "within the event"
        },
    )


class EventsTaken(Schema):
    """What became of the events of a request: the accepted ones are safe, the broker has confirmed them."""

    accepted = fields.Integer(required=True)
    rejected = fields.Integer(required=True)
    results = fields.List(
        fields.Nested(EventResult), required=True, metadata={"description": "in the order of the events"}
    )


@events.door(
    "POST",
    "/events",
    needs="events:write",
    answers=EventsTaken,
    status=202,
    refuses=[400, 413, 415],
    requestBody=BODY,
)
def publish() -> Response:
    """Publish one event, or an array of up to 1,000 of any types.

    202 only after the broker has confirmed every accepted event. Invalid ones are listed with what is wrong,
    and do not hold up the others; when none is valid the answer is 422, with all of that, and paths as they
    stand in the body (`0.data.total` in an array). On 503 send everything again: an event that arrived
    already has no second effect, its `id` and `source` tell.
    """
    submission = _submission()
    judged = [*submission.judged(g.key, means().now(), trace_in_hand())]
    accepted = [one.encoded for one in judged if one.encoded]
    _note_stories([one.correlation for one in judged if one.correlation])
    if not accepted:
        raise Refusal(422, "invalid", "no event is valid", _details(judged, submission.array))
    try:
        means().publishing.publish(accepted)
    except Transient:
        message = "the broker has not confirmed the events; send all of them again: a repeat is harmless"
        raise Refusal(503, "unavailable", message, headers={"Retry-After": str(RETRY_AFTER)}) from None
    return _answer(judged, 202)


@events.door(
    "POST",
    "/events/validate",
    needs="events:write",
    answers=EventsTaken,
    refuses=[400, 413, 415],
    changes=False,
    requestBody=BODY,
)
def check() -> Response:
    """Check events as publishing does, without publishing; `accepted` are those that would be."""
    return _answer([*_submission().judged(g.key, means().now())], 200)


def _note_stories(ids: Sequence[str]) -> None:
    """Let the line of this request be found by whoever follows what comes of its events."""
    if len(ids) == 1:
        bind_contextvars(correlation_id=ids[0])
    elif ids:
        bind_contextvars(correlation_ids=[*dict.fromkeys(ids)][:MOST_TOLD])


def _submission() -> Submission:
    form = form_of(request)
    return Submission(whole_body(), form)


def _answer(judged: Sequence[Judged], status: int) -> Response:
    results = [_result(one) for one in judged]
    rejected = sum(one.encoded is None for one in judged)
    # Written without its schema: that would take longer than to check and publish the events.
    content = {"accepted": len(judged) - rejected, "rejected": rejected, "results": results}
    return Response(msgspec.json.encode(content), status, mimetype="application/json")


def _result(one: Judged) -> dict[str, Any]:
    return {
        "index": one.place,
        "id": one.id,
        "source": one.source,
        "correlation_id": one.correlation,
        "status": "accepted" if one.encoded else "rejected",
        "errors": one.problems,
    }


def _details(judged: Sequence[Judged], array: bool) -> list[dict[str, str]]:
    """Return what is wrong, with paths as they stand in the body."""
    return [
        {
            "path": ".".join(part for part in (str(one.place) if array else "", problem.path) if part),
            "message": problem.message,
            "reason": problem.reason,
        }
        for one in judged
        for problem in one.problems
    ]
