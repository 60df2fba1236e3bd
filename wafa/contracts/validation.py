"""The check that every event passes once, at the edge.

The fast path is a validator compiled from the generated JSON Schema. What it refuses is looked at again by
marshmallow, whose words are the error.
"""

import difflib
import functools
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema_rs
from marshmallow import Schema

from wafa.contracts.catalogue import ALL, OUTBOUND
from wafa.contracts.cloudevent import CloudEvent, event_schema
from wafa.contracts.errors import Problem
from wafa.contracts.jsonschema import inlined
from wafa.contracts.soundness import compile_tests
from wafa.contracts.storable import DEEPEST, DEEPEST_OUTBOUND, guarded, unstorable
from wafa.contracts.times import format_time
from wafa.contracts.validators import kind_of, shown

#: How far ahead of Wafa's clock an event may say that it happened.
MOST_AHEAD = timedelta(days=1)
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)

# What the compiled validator raises at a lone surrogate or a Python object that JSON does not have.
_NOT_JSON = (ValueError, TypeError, OverflowError, RecursionError)


def check(event: Any, now: datetime) -> Problem | None:
    """Return the first thing that is wrong with an event, or `None`; `now` is an aware moment.

    Reasons: `invalid`, `unknown_type`, `time_in_future`. Never raises, whatever JSON stood there.
    """
    if accepts(event):
        return _outside_time(event, now)
    return next(faults(event), None) or _refused_without_words(event)


def problems(event: Any, now: datetime) -> list[Problem]:
    """Return everything that is wrong with an event, for those who correct it by hand."""
    if accepts(event):
        late = _outside_time(event, now)
        return [late] if late else []
    return [*faults(event)] or [_refused_without_words(event)]


def accepts(event: Any) -> bool:
    """Tell whether an event is well-formed, by the fast path alone."""
    if not isinstance(event, dict):
        return False
    event_type = event.get("type")
    if not isinstance(event_type, str) or event_type not in ALL:
        return False
    try:
        return _fast_path(event_type)(event)
    except _NOT_JSON:
        return False


@functools.cache
def _fast_path(event_type: str) -> Callable[[dict[str, Any]], bool]:
    well_formed = _validator(event_type).is_valid
    sound = compile_tests(ALL[event_type])
    if sound is None:
        return well_formed
    return lambda event: well_formed(event) and sound(event["data"])


@functools.cache
def _validator(event_type: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(
        guarded(inlined(event_type), _deepest(event_type)),
        validate_formats=True,
        pattern_options=jsonschema_rs.RegexOptions(),  # linear time, whatever the text
    )


def faults(event: Any) -> Iterator[Problem]:
    """Yield what is wrong with the form of an event, by the slow path alone."""
    if not isinstance(event, dict):
        yield Problem("invalid", "", f"must be an object, not {kind_of(event)}")
        return
    event_type = event.get("type")
    if isinstance(event_type, str) and event_type not in ALL:
        yield Problem("unknown_type", "type", _no_such_type(event_type))
        return
    errors = _slow_path(event_type if isinstance(event_type, str) else None).validate(event)
    for path, message in _flattened(errors):
        yield Problem("invalid", path, message)
    yield from unstorable(event, _deepest(event_type))


def _deepest(event_type: object) -> int:
    return DEEPEST_OUTBOUND if isinstance(event_type, str) and event_type in OUTBOUND else DEEPEST


@functools.cache
def _slow_path(event_type: str | None) -> Schema:
    return CloudEvent() if event_type is None else event_schema(event_type, ALL[event_type])()


def _flattened(errors: Mapping[Any, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Yield path and message of each error in what marshmallow returns: dicts of dicts of lists."""
    for key, inner in errors.items():
        path = above if key == "_schema" else f"{above}.{key}".lstrip(".")
        if isinstance(inner, Mapping):
            yield from _flattened(inner, path)
        else:
            yield from ((path, str(message)) for message in inner)


def _no_such_type(event_type: str) -> str:
    near = difflib.get_close_matches(event_type[:100], ALL, n=1, cutoff=0.75)
    return f"there is no event type {shown(event_type)}" + (f"; did you mean {near[0]}?" if near else "")


def _outside_time(event: Mapping[str, Any], now: datetime) -> Problem | None:
    moment = datetime.fromisoformat(event["time"])
    if moment < EARLIEST:
        # The year may be 1900 where it happened and 1899 in UTC, in which we write it from then on.
        return Problem("invalid", "time", f"must not be before {EARLIEST.year} in UTC: {event['time']}")
    if moment - now <= MOST_AHEAD:
        return None
    words = f"{event['time']} is more than a day ahead of Wafa's clock, which says {format_time(now)}"
    return Problem("time_in_future", "time", words)


def _refused_without_words(event: dict[str, Any]) -> Problem:
    """Return the compiled validator's own words; to be needed, the two paths must differ, which is a bug."""
    try:
        error = next(_validator(event["type"]).iter_errors(event), None)
    except _NOT_JSON as trouble:
        return Problem("invalid", "", shown(str(trouble), 200))
    path = ".".join(map(str, error.instance_path)) if error else ""
    return Problem("invalid", path, shown(error.message, 200) if error else "is refused by its JSON Schema")
