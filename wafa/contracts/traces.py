"""The trace that an event belongs to: `traceparent`, of CloudEvents' extension for distributed tracing.

Its form is that of W3C Trace Context: `00-<trace id>-<id of the span>-<flags>`. Whoever sends an event may
write there what they like; what has another form counts as if there were none.
"""

import re
from collections.abc import Mapping
from typing import Any

from wafa.contracts.envelope import Event

TRACEPARENT = "traceparent"

_FORM = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def traceparent_of(carrier: Mapping[str, Any]) -> str | None:
    """Return the `traceparent` of an event, of a document, of headers; None where there is no valid one."""
    value = carrier.get(TRACEPARENT)
    return value if isinstance(value, str) and _FORM.fullmatch(value) else None


def trace_id(traceparent: str) -> str:
    """Return the id of the trace, 32 hexadecimal digits, of a valid `traceparent`."""
    return traceparent[3:35]


def is_sampled(traceparent: str) -> bool:
    """Tell whether the sender of a valid `traceparent` records the trace."""
    return int(traceparent[53:55], 16) & 1 == 1


def in_trace(event: Event, traceparent: str | None) -> Event:
    """Return an event with this `traceparent`: itself if it is None, otherwise a copy."""
    return event if traceparent is None else {**event, TRACEPARENT: traceparent}
