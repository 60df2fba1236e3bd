"""What somebody outside wants to be published: read, and judged event by event."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from flask import Request

from services.gateway.domain.key import Key
from services.gateway.publishing import Encoded
from services.gateway.refusals import Refusal
from wafa.contracts.catalogue import OUTBOUND
from wafa.contracts.envelope import BATCH, MAX_BATCH_EVENTS, MAX_MESSAGE_BYTES, STRUCTURED, encode
from wafa.contracts.errors import Problem
from wafa.contracts.traces import TRACEPARENT, in_trace
from wafa.contracts.validation import problems
from wafa.runtime.tracing import correlation_of

JSON = "application/json"
FORMS = (JSON, STRUCTURED, BATCH)

#: How many things that are wrong are told of one event, and of a request: of every event still the first.
MOST_PROBLEMS, MOST_PROBLEMS_IN_ALL = 50, 1_000
#: Characters of an id or a source that are repeated in an answer.
LONGEST_SHOWN = 200

_ARRAY = re.compile(rb"[ \t\r\n]*\[")
# Event by event: decoded, a large body takes up ten times its room.
_elements = msgspec.json.Decoder(list[msgspec.Raw])
_whatever = msgspec.json.Decoder()
_NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Judged(NamedTuple):
    """An event, what is wrong with it, and how it is published if nothing is.

    `correlation` is what is found in all that follows from it.
    """

    place: int
    id: str | None
    source: str | None
    problems: Sequence[Problem]
    encoded: Encoded | None
    correlation: str | None = None


class Submission:
    """The events of a request. `array` tells whether they stood in one."""

    def __init__(self, body: bytes, form: str) -> None:
        """Find the events in a body, each still to be read.

        Raises:
            Refusal: the body is not JSON (400), holds too many (413) or none (422).
        """
        self.array = form == BATCH or (form == JSON and _ARRAY.match(body) is not None)
        self._events = _split(body) if self.array else [body]
        if len(self._events) > MAX_BATCH_EVENTS:
            found = len(self._events)
            raise Refusal(413, "too_large", f"at most {MAX_BATCH_EVENTS} events at once; these are {found}")
        if not self._events:
            raise Refusal(422, "invalid", "the array is empty: send at least one event")

    def judged(self, key: Key, now: datetime, traceparent: str | None = None) -> Iterator[Judged]:
        """Yield each event with everything that is wrong with it, within bounds.

        An event that is in no trace is published in that of `traceparent`.

        Raises:
            Refusal: the body is not JSON (400).
        """
        left = MOST_PROBLEMS_IN_ALL
        for place, raw in enumerate(self._events):
            size = memoryview(raw).nbytes
            if size > MAX_MESSAGE_BYTES:
                yield Judged(place, None, None, [_too_large(size)], None)
                continue
            one = _judged(place, _decoded(raw), key, now, traceparent)
            if one.problems:
                one = one._replace(problems=one.problems[: max(left, 1)])
                left -= len(one.problems)
            yield one


def form_of(request: Request) -> str:
    """Return the media type of a request's body.

    Raises:
        Refusal: it is none of `FORMS`, or not in UTF-8 (415).
    """
    form, charset = request.mimetype, request.mimetype_params.get("charset", "utf-8").lower()
    if form not in FORMS or charset not in ("utf-8", "utf8", "us-ascii") or request.content_encoding:
        raise Refusal(
            415, "unsupported_media_type", f"send {' or '.join(FORMS)}, in UTF-8 and not compressed"
        )
    return form


def _split(body: bytes) -> Sequence[msgspec.Raw]:
    try:
        return _elements.decode(body)
    except msgspec.ValidationError:
        raise Refusal(422, "invalid", "the body must be an array of events") from None
    except _NOT_JSON as error:
        raise _not_json(error) from None


def _decoded(raw: bytes | msgspec.Raw) -> Any:
    try:
        return _whatever.decode(raw)
    except _NOT_JSON as error:
        raise _not_json(error) from None


def _not_json(error: Exception) -> Refusal:
    return Refusal(400, "bad_request", f"the body is not JSON in UTF-8: {error}")


def _judged(place: int, event: Any, key: Key, now: datetime, traceparent: str | None) -> Judged:
    if found := _problems(event, key, now):
        return Judged(place, _shown(event, "id"), _shown(event, "source"), found, None)
    encoded = encode(event)
    if traceparent and TRACEPARENT not in event:
        traced = encode(in_trace(event, traceparent))
        # An event may be as large as it may be, and is no larger by our doing.
        encoded = traced if len(traced) <= MAX_MESSAGE_BYTES else encoded
    if len(encoded) > MAX_MESSAGE_BYTES:  # numbers may come out longer than they stood there
        return Judged(place, event["id"], event["source"], [_too_large(len(encoded))], None)
    return Judged(place, event["id"], event["source"], [], (event["type"], encoded), correlation_of(event))


def _problems(event: Any, key: Key, now: datetime) -> Sequence[Problem]:
    forged = isinstance(event, dict) and isinstance(event.get("type"), str) and event["type"] in OUTBOUND
    if forged:
        message = f"{event['type']} is published by Wafa alone"
        return [Problem("forbidden_type", "type", message)]
    found = problems(event, now)[:MOST_PROBLEMS]
    if not found and not key.may_publish(event["source"], event["type"]):
        return [_forbidden(event, key)]
    return found


def _too_large(size: int) -> Problem:
    return Problem("too_large", "", f"an event may have {MAX_MESSAGE_BYTES} bytes; this one has {size}")


def _forbidden(event: dict[str, Any], key: Key) -> Problem:
    of_any_type = replace(key, types=())
    if of_any_type.may_publish(event["source"], event["type"]):
        return Problem("forbidden_type", "type", f"the key {key.prefix} may not publish {event['type']}")
    allowed = ", ".join(key.sources)
    message = (
        f"the key {key.prefix} may publish from {allowed} only, not from {event['source'][:LONGEST_SHOWN]!r}"
    )
    return Problem("forbidden_source", "source", message)


def _shown(event: Any, name: str) -> str | None:
    value = event.get(name) if isinstance(event, dict) else None
    return value[:LONGEST_SHOWN] if isinstance(value, str) else None
