"""The quarantine: what was refused, why, and its way back."""

from typing import Any

from flask import g
from marshmallow import Schema, ValidationError, fields, validate

from services.gateway.asking.answering import checked, refused
from services.gateway.domain.key import fits
from services.gateway.door import Doors
from services.gateway.means import services
from services.gateway.refusals import Refusal
from services.gateway.shapes.described import counted, following, moment, number, text
from services.gateway.shapes.paging import Page
from wafa.contracts.catalogue import OUTBOUND
from wafa.contracts.rejection import REASONS
from wafa.contracts.validators import kind_of

rejected = Doors(
    "rejected-events", "Events that could not be accepted: looked at, corrected, published again"
)

#: Seconds in which an event is published again, confirmed by the broker.
COMMAND = 30.0
#: Of these the refused event is to blame, or the state of things; of all others what came to correct it.
_STANDS_AGAINST = frozenset({"not_found", "redacted", "conflict"})


class RejectedWanted(Page):
    """Which entries."""

    status = fields.String(load_default="open", validate=validate.OneOf(["open", "replayed"]))
    reason = fields.String(validate=validate.OneOf([*REASONS]))


class RejectedAttempt(Schema):
    """A try that failed."""

    at = fields.String(required=True)
    error = fields.String(required=True)


class RejectedEventName(Schema):
    """Which event."""

    source = fields.String(required=True)
    id = fields.String(required=True)
    type = fields.String(required=True)


class RejectedEvent(Schema):
    """An entry of the quarantine. Of an erased customer only reason, time, digest and service are left."""

    id = fields.String(required=True)
    status = text("`open` or `replayed`", required=True)
    reason = text("a stable word, see the event catalogue", required=True)
    path = text("of the field; empty for the event as a whole")
    message = text("what was expected")
    service = text("which could not accept it")
    event_id = text("as far as it could be read")
    event_source = text("as far as it could be read")
    event_type = text("as far as it could be read")
    received_at = moment("when Wafa received it", required=True)
    times = number("how often it was refused")
    routing_key = fields.String()
    content_type = fields.String()
    size = number("in bytes")
    sha256 = text("of its bytes")
    headers = fields.List(
        fields.List(fields.String()), metadata={"description": "pairs of a name and a value"}
    )
    attempts = fields.List(fields.Nested(RejectedAttempt))
    replayed_at = moment("when it was published again")
    replayed_as = fields.List(fields.Nested(RejectedEventName))
    redacted = fields.Boolean(metadata={"description": "it told of a customer who was erased"})


class RejectedEventInFull(RejectedEvent):
    """An entry with what was refused."""

    body = text("the refused bytes as text; what is no UTF-8 is escaped", required=True)


class RejectedEvents(Schema):
    """Entries, newest first."""

    rejected_events = fields.List(fields.Nested(RejectedEvent), required=True)
    open = counted("open entries in all, by reason")
    next = following()


class OneOrMoreEvents(fields.Field[Any]):
    """An event, or an array of them. What is wrong within is said by the service that publishes them."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        events = value if isinstance(value, list) else [value]
        if wrong := [one for one in events if not isinstance(one, dict)]:
            raise ValidationError(f"must be an event or an array of events, not {kind_of(wrong[0])}")
        return value


class Correction(Schema):
    """What to publish in the place of the refused event; nothing: as it was."""

    corrected = OneOrMoreEvents(
        metadata={
            "description": "the corrected event, or an array of them",
            "oneOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}}],
        }
    )


class RejectedReplay(Schema):
    """What was published, confirmed by the broker."""

    replayed = fields.List(fields.Nested(RejectedEventName), required=True)


@rejected.door("GET", "/rejected-events", needs="rejected:read", asks=RejectedWanted, answers=RejectedEvents)
def listed(given: dict[str, Any]) -> Any:
    """List refused events, newest first."""
    found = services().call("interactions", "rejected", **given)
    return {"rejected_events": found["rejected"], "open": found["open"], "next": found["next"]}


@rejected.door(
    "GET",
    "/rejected-events/<rejection_id>",
    needs="rejected:read",
    answers=RejectedEventInFull,
    refuses=[404],
)
def entry(rejection_id: str) -> Any:
    """Return one entry with the bytes and headers that were refused."""
    return checked(services().call("interactions", "rejected_entry", rejection_id), "rejected event")


@rejected.door(
    "POST",
    "/rejected-events/<rejection_id>/replay",
    needs="rejected:replay",
    takes=Correction,
    answers=RejectedReplay,
    refuses=[404, 409],
)
def replay(given: dict[str, Any], rejection_id: str) -> Any:
    """Publish an entry again, as it was or corrected. Twice has no second effect."""
    corrected = given.get("corrected")
    if corrected is not None:
        _check_types(_as_list(corrected))
    _check_key(rejection_id, corrected)
    answer = services().call("interactions", "replay", rejection_id, corrected, within=COMMAND)
    if error := answer.get("error"):
        raise _refusal(error, "" if corrected is None else "corrected")
    return answer


def _as_list(corrected: Any) -> list[dict[str, Any]]:
    return corrected if isinstance(corrected, list) else [corrected]


def _check_types(events: list[dict[str, Any]]) -> None:
    """Let nobody say by a correction what only Wafa says: that somebody is erased, or has reached a tier."""
    for place, event in enumerate(events):
        if isinstance(event.get("type"), str) and event["type"] in OUTBOUND:
            path = f"corrected.{place}.type" if len(events) > 1 else "corrected.type"
            message = f"{event['type']} is published by Wafa alone"
            detail = {"path": path, "message": message, "reason": "forbidden_type"}
            raise Refusal(422, "invalid", message, [detail])


def _check_key(rejection_id: str, corrected: Any) -> None:
    """Let nobody publish by a detour what their key may not publish."""
    if not (g.key.sources or g.key.types):
        return
    kept = checked(services().call("interactions", "rejected_entry", rejection_id), "rejected event")
    theirs = kept.get("event_source")
    if corrected is None:
        names = [(theirs, kept.get("event_type"))]
    elif theirs is None or fits(theirs, g.key.sources):
        names = [(one.get("source"), one.get("type")) for one in _as_list(corrected)]
    else:
        # It would be settled, and whoever sent it would not know.
        raise Refusal(403, "forbidden", f"the key {g.key.prefix} may not settle what came from {theirs}")
    for source, type in names:
        if not (isinstance(source, str) and isinstance(type, str) and g.key.may_publish(source, type)):
            raise Refusal(403, "forbidden", f"the key {g.key.prefix} may not publish {type} of {source}")


def _refusal(error: dict[str, Any], place: str) -> Refusal:
    if error["reason"] in _STANDS_AGAINST:
        return refused(error)
    # An unknown type, a time to come: words of the contract for content that is invalid.
    path = ".".join(filter(None, (place, error["path"])))
    detail = {"path": path, "message": error["message"], "reason": error["reason"]}
    return Refusal(422, "invalid", error["message"], [detail])
